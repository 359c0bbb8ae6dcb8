import string
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import unquote

import ibis
import ibis.expr.types as ir
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mmpsync.engines.duckdb import DuckDBEngine
from mmpsync.reconcile.click_ids import (
    MAX_LENGTH,
    is_macro,
    is_malformed,
    is_placeholder,
    looks_foreign,
    loose_key,
    with_search_key,
)

PLACEHOLDERS = ("0", "undefined", "null", "none", "nil", "test", "unknown", "n/a")
BLANKS_AND_CONTROLS = [chr(n) for n in range(33)] + ["\x7f"]

# ClickIds as impact.com hands them out: several lengths and alphabets, none of which is enforced.
CLICK_IDS = (
    "VnSTflW-KxycRDrzAA0SXwH3Ukpy-iUnJQllWI0",
    "3t6RuJ3kxxycUhqTA7xiWV:qUkp02BwAOy1S000",
    "~35VRQSLCwAsyzBHMOPW2SJKDIEwxBwzsvxohi~-975WONMFDCAwm",
    "_q2cosot0gwkfqwjlkk0sohz31m2xunafxuc3ul2u00",
    "0c22384eN-3765c5f900c2878068a0631b",
    "00",
    "nullable",
    "a+b/c==",
    "50%off",
    "é中🙂",
)
MACROS = (
    "{clickid}",
    "{click_id}",
    "${CLICK_ID}",
    "{{click.id}}",
    "{}",
    "x-{clickid}",
    "[CLICK_ID]",
    "<clickid>",
    "__CLICKID__",
    "$click_id",
    "%7Bclickid%7D",
    "%7bclickid%7d",
)
NO_MACROS = ("clickid", "a{b", "a}b", "[x", "x]", "<x", "x>", "_x_", "__x", "x__", "a$b", "%7Bx", "x%7D")
FOREIGN = (
    "Cj0KCQiA5rGuBhCnARIsAN11vgRZ",
    "CjwKCAiAzc2tBhA6EiwArv-i6RCa",
    "EAIaIQobChMIk4jT5",
    "IwAR0x3QmPZc7",
    "IwZXh0bgNhZW0CMTE",
    "E.C.P.CrEBmQ7Z",
    "gclid=abc",
    "GCLID_abc",
    "fbclid.abc",
    "ttclid:abc",
    "msclkid-abc",
)
# Pieces that make loose keys meet and part: case, one to four layers of encoding, `+` and blank, broken escapes.
PIECES = (
    "a", "B", "b", "9", "-", "é", "É", "+", " ", "%20", "%2B", "%2b", "%41", "%2541", "%252541", "%25252541",
    "%C3%A9", "%FF", "%", "%4", "%zz", "%2", "5",
)  # fmt: skip


Evaluate = Callable[[Callable[[ir.StringValue], ir.Value], Sequence[str | None]], list[Any]]


@pytest.fixture(scope="module")
def evaluate(engine: DuckDBEngine, table: Callable[..., ir.Table]) -> Evaluate:
    """A function of the module over many values at once, results in their order."""

    def run(function: Callable[[ir.StringValue], ir.Value], values: Sequence[str | None]) -> list[Any]:
        rows = table(
            "values_given",
            {"n": "int64", "value": "string"},
            [{"n": n, "value": value} for n, value in enumerate(values)],
        )
        return [
            row["found"] for row in engine.rows(rows.select("n", found=function(rows.value)).order_by("n"))
        ]

    return run


def test_what_stands_in_braces_brackets_underscores_or_behind_a_dollar_is_a_macro(evaluate: Evaluate) -> None:
    assert dict(zip(MACROS, evaluate(is_macro, MACROS), strict=True)) == dict.fromkeys(MACROS, True)
    others = (*CLICK_IDS, *NO_MACROS)
    assert dict(zip(others, evaluate(is_macro, others), strict=True)) == dict.fromkeys(others, False)


def test_placeholders_are_whole_words_in_any_case(evaluate: Evaluate) -> None:
    words = [variant for word in PLACEHOLDERS for variant in (word, word.upper(), word.title())]
    assert all(evaluate(is_placeholder, words))
    others = [*CLICK_IDS, *(f"{word}1" for word in PLACEHOLDERS), *(f"x{word}" for word in PLACEHOLDERS)]
    assert not any(evaluate(is_placeholder, others))


def test_more_than_64_characters_are_malformed(evaluate: Evaluate) -> None:
    assert MAX_LENGTH == 64
    # Characters, not bytes.
    values = [char * length for char in ("a", "é", "🙂") for length in (64, 65)]
    assert evaluate(is_malformed, values) == [False, True] * 3


@pytest.mark.parametrize("position", [0, 1, 2])
def test_control_characters_and_blanks_are_malformed_wherever_they_stand(
    evaluate: Evaluate, position: int
) -> None:
    values = ["ab"[:position] + char + "ab"[position:] for char in BLANKS_AND_CONTROLS]
    assert all(evaluate(is_malformed, values))


def has_flaw(click_id: ir.StringValue) -> ir.BooleanValue:
    return is_macro(click_id) | is_placeholder(click_id) | is_malformed(click_id)


def test_what_impact_hands_out_has_no_flaw(evaluate: Evaluate) -> None:
    assert not any(evaluate(has_flaw, CLICK_IDS))


def test_macros_placeholders_and_malformed_values_have_one(evaluate: Evaluate) -> None:
    assert all(evaluate(has_flaw, [*MACROS, *PLACEHOLDERS, "a b", "a\tb", "a" * 65]))


def test_no_answer_is_null(evaluate: Evaluate) -> None:
    functions = (is_macro, is_placeholder, is_malformed, looks_foreign)
    assert [evaluate(function, [None]) for function in functions] == [[False]] * len(functions)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    st.lists(
        st.text(
            st.characters(
                exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp"),
                exclude_characters="{}[]<>_$%",
            ),
            min_size=1,
            max_size=64,
        ).filter(lambda value: value.lower() not in PLACEHOLDERS),
        min_size=1,
        max_size=50,
    )
)
def test_no_alphabet_is_enforced(evaluate: Evaluate, values: list[str]) -> None:
    assert not any(evaluate(has_flaw, values))


def test_ids_of_other_networks_look_foreign(evaluate: Evaluate) -> None:
    assert dict(zip(FOREIGN, evaluate(looks_foreign, FOREIGN), strict=True)) == dict.fromkeys(FOREIGN, True)
    others = (*CLICK_IDS, "gclid", "xgclid=abc", "cj0kcqia", "iwar0x3", "Aj0KCQ")
    assert dict(zip(others, evaluate(looks_foreign, others), strict=True)) == dict.fromkeys(others, False)


def test_an_id_that_the_mmp_gave_the_row_itself_looks_foreign(evaluate: Evaluate) -> None:
    def beside_own_ids(value: ir.StringValue) -> ir.BooleanValue:
        return looks_foreign(value, ibis.literal("device-7"), ibis.literal("event-7"))

    values = ["device-7", "event-7", "DEVICE-7", "device-71", None]
    assert evaluate(beside_own_ids, values) == [True, True, False, False, False]


@settings(max_examples=80, deadline=None, derandomize=True)
@example([" a", "b "])
@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=6).map("".join), min_size=1, max_size=60))
def test_a_loose_key_is_decoded_three_times_at_most_with_plus_for_blank_lower_case_and_trimmed(
    evaluate: Evaluate, values: list[str]
) -> None:
    assert evaluate(loose_key, values) == [reference_loose_key(value) for value in values]


@settings(max_examples=20, deadline=None, derandomize=True)
@given(st.lists(st.text(string.ascii_letters + string.digits + "-_.~", max_size=64), min_size=1, max_size=50))
def test_without_escapes_a_loose_key_only_ignores_case(evaluate: Evaluate, values: list[str]) -> None:
    assert evaluate(loose_key, values) == [value.lower() for value in values]


def test_a_search_key_is_the_same_for_a_value_and_its_near_misses(
    engine: DuckDBEngine, table: Callable[..., ir.Table]
) -> None:
    whole = "AbCdEfGhIjKlMnOpQrStUvWxYz"
    near = [whole, whole.lower(), whole.upper(), whole[:20], "%41" + whole[1:], "%2541" + whole[1:]]
    rows = table("near_misses", {"click_id": "string"}, [{"click_id": value} for value in near])
    assert engine.rows(with_search_key(rows).distinct().select("search_key").distinct()) == [
        {"search_key": "abcdefgh"}
    ]


def reference_loose_key(value: str) -> str:
    for _ in range(3):
        value = decoded(value)
    return value.replace("+", " ").lower().strip(" \t\n\r\v\f")


def decoded(value: str) -> str:
    try:
        return unquote(value, errors="strict")
    except UnicodeDecodeError:
        return value
