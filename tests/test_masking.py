import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmpsync.masking import brief, harmless, mask, mask_click_id, short_path

anything = st.text()


@given(anything)
def test_harmless_text_is_printable_and_says_what_was_there(text: str) -> None:
    shown = harmless(text)
    assert shown.isprintable()
    assert shown == text or not text.isprintable() or "::" in text or "##" in text


@pytest.mark.parametrize(
    ("found", "shown"),
    [
        ("\x1b[31m", r"\x1b[31m"),
        ("a\nb\tc\r", r"a\nb\tc\r"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
        ("a\udc80", r"a\udc80"),
        ("[red]größer[/red] 東京", "[red]größer[/red] 東京"),
    ],
)
def test_what_a_terminal_would_act_on_is_spelt_out(found: str, shown: str) -> None:
    assert harmless(found) == shown


@pytest.mark.parametrize(
    ("found", "shown"),
    [
        ("::error file=a::owned", r"\x3a:error file=a::owned"),
        ("  ::add-mask::e", r"  \x3a:add-mask::e"),
        ("a/::stop-commands::x", r"a/\x3a:stop-commands::x"),
        ("##vso[task.setvariable variable=x]y", r"\x23#vso[task.setvariable variable=x]y"),
        ("x ##[error]y", r"x \x23#[error]y"),
        ("af::purchase", "af::purchase"),
        ("## heading [1]", "## heading [1]"),
    ],
)
def test_what_a_ci_service_would_act_on_is_spelt_out(found: str, shown: str) -> None:
    assert harmless(found) == shown


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ("abcdefghijklmnopqrstuvwxyz", "abcd…yz"),
        ("abcdefghijkl", "abcd…kl"),
        ("abcdef", "ab…f"),
        ("abc", "a…"),
        ("a", "…"),
        ("", "…"),
    ],
)
def test_a_mask_keeps_four_and_two_characters_at_most(value: str, masked: str) -> None:
    assert mask(value) == masked


@given(st.text(st.characters(categories=["L", "N"]), min_size=1))
def test_a_mask_hides_at_least_half(value: str) -> None:
    assert len(mask(value)) - 1 <= len(value) / 2


def test_only_what_is_no_id_is_shown() -> None:
    assert mask_click_id("{clickid}", "unexpanded-macro") == "{clickid}"
    assert mask_click_id("undefined", "placeholder-click-id") == "undefined"
    assert mask_click_id("{" + "Ab1" * 20 + "}", "unexpanded-macro") == "{Ab1…1}"
    assert mask_click_id("undefined", "orphan-click-id") == "und…d"


@given(anything, st.integers(min_value=2, max_value=60))
def test_a_brief_text_is_no_longer_than_asked(text: str, most: int) -> None:
    assert len(brief(text, most)) <= most


@given(anything, st.integers(min_value=8, max_value=60))
def test_a_short_path_is_no_longer_than_asked(path: str, most: int) -> None:
    assert len(short_path(path, most)) <= most


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("exports/installs.csv", "exports/installs.csv"),
        ("exports/2026/03/01/appsflyer/installs.csv", "…/03/01/appsflyer/installs.csv"),
        ("exports/installs_2026-03-01_to_2026-03-31_all.csv", "installs_2026-…-03-31_all.csv"),
    ],
)
def test_a_short_path_keeps_whole_names_or_both_ends_of_one(path: str, shown: str) -> None:
    assert short_path(path, 30) == shown
