"""What is wrong with a configuration, in words: place, key, value, and what is allowed instead."""

import json
import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

__all__ = ["KeyPath", "closest", "describe", "dotted", "literal"]

KeyPath = tuple[str, ...]
_Location = tuple[str | int, ...]

_KEY_MARK = "[key]"  # how pydantic says that it means the key of a table, not its value
_LONGEST_VALUE = 60


def closest(name: str, known: Iterable[str]) -> str:
    """Return a question that names the nearest of `known`, upper and lower case alike, or nothing."""
    by_lower = {candidate.lower(): candidate for candidate in known}
    near = get_close_matches(name.lower(), by_lower, n=1)
    return f' (did you mean "{by_lower[near[0]]}"?)' if near else ""


def dotted(path: _Location) -> str:
    """Write a path as TOML does, `apps."com.acme.shop".platform`; the items of a list count from 1."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f", item {part + 1}"
        else:
            bare = re.fullmatch(r"[A-Za-z0-9_-]+", part)
            text += "." * bool(text) + (part if bare else literal(part))
    return text


def literal(value: object) -> str:
    """Write a value as TOML does."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(literal, value))}]"
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{dotted((key,))} = {literal(inner)}" for key, inner in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, str | bool):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")  # which JSON leaves as it is
    return str(value)


def describe(
    failure: ValidationError,
    model: type[BaseModel],
    tree: Mapping[str, object],
    places: Mapping[KeyPath, str],
) -> list[str]:
    """Return one sentence per problem that `model` found in `tree`, in the order of the model's fields.

    `places` says for every value's path where the value comes from.
    """
    return [_sentence(error, model, tree, places) for error in failure.errors(include_url=False)]


def _sentence(
    error: ErrorDetails, model: type[BaseModel], tree: Mapping[str, object], places: Mapping[KeyPath, str]
) -> str:
    location, value = _found(tree, error["loc"])
    place = _place(location, places)
    table, field = _model_at(model, error["loc"])
    context: dict[str, Any] = error.get("ctx", {})
    choices: Iterable[str] = context.get("choices", ())
    remark = f": {context['error']}" if str(context.get("error", "")) else ""
    if error["loc"][-1] == _KEY_MARK and not choices and field is not None:
        return f"{place}: the key {dotted(location)} cannot be used{remark}. Allowed: {context.get('allowed', field.description)}."
    if error["type"] == "extra_forbidden" or error["loc"][-1] == _KEY_MARK:
        choices = choices or tuple(table.model_fields)
        name = str(location[-1])
        if quoted := _quoted(location, value):
            return f"{place}: unknown key {dotted(location)}. A name with dots stands in quotes: [{quoted}]."
        # Of very many choices a description is told.
        listed = context.get("allowed") or ", ".join(choices)
        return f"{place}: unknown key {dotted(location)}{closest(name, choices)}. Allowed: {listed}."
    assert field is not None
    allowed = f"Allowed: {field.description}."
    if error["type"] == "missing":
        return f"{place}: {dotted(error['loc'])} is missing. {allowed}"
    near = closest(value, choices) if isinstance(value, str) else ""
    shown = f" = {_short(value)}" if not isinstance(value, Mapping) else ""
    return f"{place}: {dotted(location)}{shown} cannot be used{remark}{near}. {allowed}"


def _quoted(location: _Location, value: object) -> str:
    """Return the table that `[apps.com.acme.shop]` was meant for; empty where it is none of an id with dots."""
    if location[0] not in {"apps", "events"} or not isinstance(value, Mapping):
        return ""
    parts = list(map(str, location[1:]))
    while len(value) == 1 and isinstance(inner := next(iter(value.values())), Mapping):
        parts.append(next(iter(value)))
        value = inner
    return dotted((location[0], ".".join(parts)))


def _found(tree: Mapping[str, object], location: _Location) -> tuple[_Location, object]:
    """Follow a location as far as it exists; pydantic's goes further where one text stands for a list."""
    value: object = tree
    for depth, part in enumerate(location):
        if isinstance(value, list) and isinstance(part, int):
            value = value[part]
        elif not isinstance(value, Mapping) or part not in value:
            return location[:depth], value
        else:
            value = value[part]
    return location, value


def _place(location: _Location, places: Mapping[KeyPath, str]) -> str:
    """Return the place of the value at `location`, or else of the nearest value around it."""
    return next(
        place
        for length in range(len(location), -1, -1)
        for path, place in places.items()
        if path[:length] == location[:length]
    )


def _model_at(model: type[BaseModel], location: _Location) -> tuple[type[BaseModel], FieldInfo | None]:
    """Return the model that holds the last key of `location`, and the last field on the way."""
    field = None
    parts = iter(location)
    for part in parts:
        if part not in model.model_fields:
            break
        field = model.model_fields[str(part)]
        kind = field.annotation
        if get_origin(kind) in {dict, tuple}:
            next(parts, None)
            kind = get_args(kind)[1 if get_origin(kind) is dict else 0]
        if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
            break
        model = kind
    return model, field


def _short(value: object) -> str:
    text = literal(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"
