"""Cells of sources that write them loosely: what is taken off, and what is still found in broken JSON."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmpsync.engines.functions import unwrapped
from mmpsync.ingest.loose import broken_json_text, value_of

Apply = Callable[..., list[Any]]

WRAPPED = {
    "plain": "plain",
    "": "",
    "`": "",
    "``": "",
    "`a`": "a",
    "```a``": "a",
    "`a": "a",
    "a`": "a",
    "a`b": "a`b",
    '"a"': "a",
    '`"a"`': "a",
    '""': "",
    '"a': '"a',
    'a"': 'a"',
    '"a" and "b"': 'a" and "b',
    "`line\nbreak`": "line\nbreak",
    '"line\nbreak"': "line\nbreak",
    "{`}": "{`}",
}


def test_what_is_wrapped_is_unwrapped(apply: Apply) -> None:
    assert dict(zip(WRAPPED, apply(unwrapped, list(WRAPPED)), strict=True)) == WRAPPED


@given(st.lists(st.text(st.characters(exclude_characters='`"\0', exclude_categories=("Cs",))), min_size=1))
@settings(max_examples=50)
def test_text_without_backticks_and_quotes_stays_as_it_is_and_comes_back_out_of_them(
    apply: Apply, texts: list[str]
) -> None:
    assert apply(unwrapped, texts) == texts
    assert apply(unwrapped, [f"`{text}`" for text in texts]) == texts
    assert apply(unwrapped, [f'"{text}"' for text in texts]) == texts


VALUES = {
    "a": "a",
    "`a`": "a",
    "``": None,
    '""': None,
    '{"a": 1}': None,
    '{"a": 1, "b': None,
    "{macro}": "{macro}",
    "{}": "{}",
    None: None,
}


def test_an_object_and_nothing_are_no_values(apply: Apply) -> None:
    assert dict(zip(VALUES, apply(value_of, list(VALUES)), strict=True)) == VALUES


BROKEN = {
    '{"k":"v","other':  "v",
    '{"k" : "v"': "v",
    '{"k":"v': "v",
    "{'k': 'v'}": "v",
    '{\\"k\\":\\"v\\"}': "v",
    '{\\\\"k\\\\":\\\\"v\\\\"}': "v",
    '{"a":{"k":"v"': "v",
    '{"k":"first","k":"second': "first",
    '{"k":"': None,
    '{"k":""': None,
    '{"k":7': None,
    '{"k":null': None,
    '{"xk":"v': None,
    '{"K":"v': None,
    'k=v&"': None,
    "": None,
}  # fmt: skip


def test_a_key_and_its_string_are_found_in_broken_json(apply: Apply) -> None:
    found = apply(lambda text: broken_json_text(text, "k"), list(BROKEN))
    assert dict(zip(BROKEN, found, strict=True)) == BROKEN


@pytest.mark.parametrize("key", ["a.b", "~id", "$x", "(y)", "z+"])
def test_characters_that_patterns_know_mean_nothing_in_a_key(apply: Apply, key: str) -> None:
    other = key.replace(key[1 if key == "a.b" else 0], "-")
    found = apply(lambda text: broken_json_text(text, key), [f'{{"{key}":"v', f'{{"{other}":"v'])
    assert found == ["v", None]
