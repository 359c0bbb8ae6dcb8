import pytest

from mmpsync.preflight.links.macro import MACRO, is_click_id_macro, is_unfilled, mistake_in


def test_only_the_macro_itself_is_right() -> None:
    assert mistake_in(MACRO) is None
    assert is_click_id_macro(MACRO)


@pytest.mark.parametrize(
    ("code", "values"),
    [
        ("click-id-empty", [""]),
        (
            "macro-misspelled",
            ["{ClickId}", "{click_id}", "{irclickid}", "{im_ref}", "{{clickid}}", "${clickid}", "[clickid]", "{clickid", "clickid}",
             "clickid", "CLICK_ID", "%CLICKID%", "%%CLICKID%%", "__CLICKID__", "{clikid}", "{clickidd}", "{clickid}.", "{}",
             "%7BClickId%7D", "%3Cclickid%3E"],
        ),
        ("macro-encoded", ["%7Bclickid%7D", "%7bclickid%7d", "{clickid%7D", "{%63lickid}"]),
        ("macro-encoded-twice", ["%257Bclickid%257D", "%25257Bclickid%25257D", "{clickid%257D"]),
        ("macro-wrong", ["{gclid}", "{transaction_id}", "{irpid}", "{{fbclid}}", "[CB]", "<sub>", "$ttclid", "{irclid}x"]),
        ("macro-not-alone", ["a{clickid}", "{clickid}{clickid}x", "{clickid}_{irpid}", "%7Bclickid%7D-1", "{ClickID}&b"]),
        ("click-id-placeholder", ["0", "NULL", "test", "undefined", "YOUR_CLICK_ID", "xxxx", "replace-me", "PUT_ID_HERE"]),
        ("click-id-fixed", ["1111", "xgMQ4KWb%3AxyIWO7Uo7Vva0OcUkGQgW2aEwvr1c0", "impact", "~35VRQSLCwAsyzBHM", "%E9"]),
    ],
)  # fmt: skip
def test_a_mistake_is_told_by_what_it_is(code: str, values: list[str]) -> None:
    assert {value: getattr(mistake_in(value), "code", None) for value in values} == dict.fromkeys(
        values, code
    )


@pytest.mark.parametrize(
    "value", ["{ClickId}", "%7Bclickid%7D", "x_{clickid}", "[CLICK_ID]", "%257Bclickid%257D"]
)
def test_what_was_meant_as_the_macro_is_recognised_wherever_it_stands(value: str) -> None:
    assert is_click_id_macro(value)


@pytest.mark.parametrize("value", ["", "clickid", "{gclid}", "{irpid}", "summer", "0", "id=1"])
def test_nothing_else_is_taken_for_it(value: str) -> None:
    assert not is_click_id_macro(value)


@pytest.mark.parametrize(
    "value", ["your-best-summer", "[1,2]", "{irpid}", "{CUSTOM}", "x", "todos", "here", "a...b", "__", "1_2"]
)
def test_values_that_people_use_are_not_called_unfilled(value: str) -> None:
    assert not is_unfilled(value)
