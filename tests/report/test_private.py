from pathlib import Path

import pytest

from mmpsync.conclusions import Advice
from mmpsync.masking import mask, mask_personal
from mmpsync.report.private import masked
from mmpsync.run import Run
from mmpsync.summaries import Example, Group, Money, ReasonFile, ReasonSummary

GAID = "38400000-8cf0-11bd-b23e-10b96e40000d"
APPSFLYER_ID = "1712345678901-7654321"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("jane.doe+x@mail.example.com", "jane…om"),
        ("jane.doe%40example.com", "jane…om"),
        ("from=jane@example.com&x=1", "from=jane…om&x=1"),
        ("203.0.113.77", "203.…77"),
        ("ip 203.0.113.77, twice 203.0.113.77", "ip 203.…77, twice 203.…77"),
        ("2001:db8:0:0:0:0:0:7334", "2001…34"),
        ("2001:db8::7334", "2001…34"),
        ("@handle", "@handle"),
        ("v4.12.1", "v4.12.1"),
        ("12:34:56", "12:34:56"),
        ("2026-03-01 08:00:00", "2026-03-01 08:00:00"),
        ("Order Completed", "Order Completed"),
    ],
)
def test_addresses_are_masked_wherever_they_stand(text: str, shown: str) -> None:
    assert mask_personal(text) == shown


@pytest.mark.parametrize("text", ["a" * 200_000, "a@" * 100_000, "1:" * 100_000, "1." * 100_000])
def test_no_text_takes_long_to_look_through(text: str) -> None:
    mask_personal(text)  # with an expression that looks at every part of it, this takes minutes


def with_example(run: Run, code: str, **values: object) -> Run:
    example = Example.model_validate({"source_file": "a.csv", "source_row": 1, "reasons": code} | values)
    reason = ReasonSummary(code=code, verdict="unattributed", severity="error", rows=1, examples=(example,))
    return run.model_copy(update={"reason_summaries": (reason,)})


def shown_example(run: Run, code: str, **values: object) -> Example:
    return masked(with_example(run, code, **values)).reason_summaries[0].examples[0]


@pytest.mark.parametrize(
    ("code", "values"),
    [
        ("foreign-click-id", {"click_id_raw": "KA3601585160123t4f5a6b7c8d9e0f"}),
        ("orphan-click-id", {"click_id_raw": GAID}),
        ("orphan-click-id", {"click_id_raw": APPSFLYER_ID}),
        (
            "missing-parameter",
            {"click_id_raw": "x-1", "reasons": "missing-parameter:amount;foreign-click-id"},
        ),
        ("click-id-case-changed", {"suggestion": GAID}),
        ("pii-in-parameter", {"order_id": "+1 (415) 555-0132"}),
        ("orphan-click-id", {"order_id": "tel-5550132", "reasons": "orphan-click-id;pii-in-parameter"}),
        ("orphan-click-id", {"order_id": "jane@example.com"}),
        ("orphan-click-id", {"event_name": "login 203.0.113.77"}),
        ("orphan-click-id", {"media_source": "jane@example.com"}),
        ("orphan-click-id", {"currency": "jane@example.com"}),
        ("invalid-amount", {"amount_raw": "jane@example.com"}),
        ("invalid-amount", {"amount_raw": GAID}),
    ],
)
def test_what_identifies_somebody_in_an_example_is_masked(
    run: Run, code: str, values: dict[str, str]
) -> None:
    shown = shown_example(run, code, **values).model_dump()
    for name, value in values.items():
        if name != "reasons":
            assert shown[name] != value
            assert "…" in shown[name]
            assert value[-6:] not in shown[name]


def test_ids_of_clicks_and_orders_are_kept_because_people_look_them_up(run: Run) -> None:
    ids = {"click_id_raw": "QzWm0aXyzxyOUuS1FU0ABCdEfGhIjKlMnO0", "order_id": GAID, "suggestion": "true-id"}
    assert shown_example(run, "orphan-click-id", **ids).model_dump(include=set(ids)) == ids


def test_names_are_masked_like_texts_and_paths_are_left_alone(run: Run) -> None:
    path = "exports/jane@example.com/203.0.113.77.csv"
    money = (Money(currency="jane@example.com", amount=1),)
    reason = ReasonSummary(
        code="organic",
        verdict="excluded",
        severity="info",
        rows=1,
        amounts=money,
        files=(ReasonFile(path=path, first_row=1, rows=1),),
    )
    given = run.model_copy(
        update={
            "reason_summaries": (reason,),
            "groups": (
                Group(
                    dimension="campaign", name="for jane@example.com", rows=1, verdicts={}, match_rate=None
                ),
            ),
            "advice": (Advice(code="x", message="see jane@example.com", files=(path,)),),
            "assumptions": ("jane@example.com is a zone",),
        }
    )
    found = masked(given)
    assert found.reason_summaries[0].files[0].path == found.advice[0].files[0] == path
    assert found.reason_summaries[0].amounts[0].currency == mask("jane@example.com")
    text = found.to_json().replace(path, "")
    assert "jane@" not in text
    assert "203.0" not in text


def test_it_is_the_same_run_otherwise(run: Run) -> None:
    found = masked(run)
    assert found.directory == run.directory == Path("runs/20260320T061500Z")
    assert found.summary == run.summary
    assert found.gate == run.gate
    assert [r.model_copy(update={"examples": ()}) for r in found.reason_summaries] == [
        r.model_copy(update={"examples": ()}) for r in run.reason_summaries
    ]


def test_a_run_that_was_not_written_stays_one(run: Run) -> None:
    assert masked(Run.model_validate_json(run.to_json())).directory is None
