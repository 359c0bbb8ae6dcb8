"""Where else a file may have a value: its columns, and the keys of the JSON and the links in them, from its first rows."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import ibis.expr.types as ir

from mmpsync.engines.interface import Engine, Layout

__all__ = ["CANDIDATES", "candidates"]

_ROWS = 1_000
CANDIDATES: Mapping[str, str] = {
    "order_id": r"order.?(id|no|num|ref)|transaction.?id|receipt.?id|invoice|booking.?(id|ref|no)|purchase.?id",
    "amount": r"^(revenue|amount|total|price|value|sum|sales?)$|order.?(total|value|amount)|(total|net|gross).?(amount|price)",
    "currency": r"currency",
    "customer_id": r"customer.?(user.?)?(id|no)|^user.?id$|member.?(id|no)|account.?id",
    "click_id": r"click.?id|irclick|im.?ref|impact.?(click|id)|partner.?click",
}
"""The field that a name points to, as regular expressions for the last part of a reference, whatever the case."""
# Ids that other networks, or the MMP, put where impact.com's could be.
_NOT_IMPACTS = re.compile(r"^(g|fb|tt|ms|tw|d|gb|wb)(cl|ra)id|kochava|fb_?clid|google", re.IGNORECASE)


def candidates(engine: Engine, layout: Layout, scan: ir.Table) -> dict[str, list[str]]:
    """References that may hold each field of CANDIDATES, by their names, in the order of the file that was scanned."""
    found: dict[str, list[str]] = {name: [] for name in CANDIDATES}
    for reference in dict.fromkeys(_references(engine, layout, scan)):
        last = re.split(r"[.?]", reference)[-1]
        for name, pattern in CANDIDATES.items():
            if re.search(pattern, last, re.IGNORECASE) and not _NOT_IMPACTS.search(last):
                found[name].append(reference)
    return found


def _references(engine: Engine, layout: Layout, scan: ir.Table) -> Iterator[str]:
    """Every column of the layout, and every key and parameter inside one, of its first rows."""
    rows = engine.arrow(
        scan.select(*(scan[f"c{n}"].cast("string") for n in range(layout.width))).limit(_ROWS)
    )
    if layout.format == "json":
        for text in rows.column(0).to_pylist():
            yield from _keys("", _parsed(text))
        return
    for name, column in zip(layout.columns, rows.columns, strict=True):
        yield name
        for text in dict.fromkeys(column.to_pylist()):
            yield from _inside(name, text)


def _inside(name: str, text: str | None) -> Iterator[str]:
    if not text:
        return
    if text.lstrip().startswith("{"):
        yield from _keys(name, _parsed(text))
    elif "?" in text and "://" in text:
        yield from (f"{name}?{key}" for key, _ in parse_qsl(urlsplit(text).query))


def _keys(name: str, value: Any) -> Iterator[str]:
    """References to everything in a JSON object that is not one itself."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if "." not in key and "?" not in key:
                yield from _keys(f"{name}.{key}" if name else key, inner)
    elif name:
        yield name
        if isinstance(value, str):
            yield from (each for each in _inside(name, value) if "?" in each)


def _parsed(text: str | None) -> Any:
    try:
        return json.loads(text or "")
    except (ValueError, RecursionError):
        return None
