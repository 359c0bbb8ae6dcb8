"""Where a source's files have the values that count, reference by reference; the engine adds up how often."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import ibis.expr.types as ir

from mmpsync.engines.interface import Engine, Layout
from mmpsync.ingest.references import normalise
from mmpsync.ingest.translate import Translation
from mmpsync.preflight.sampled import CANDIDATES, candidates

__all__ = ["FIELDS", "EventKey", "Place", "Places", "find_places"]

FIELDS = (*CANDIDATES, "event_id")
"""The fields whose places are looked for."""
EventKey = tuple[str, str | None]
"""An event's kind and name."""
# Where fewer rows have a field, it is looked for elsewhere, too.
_ENOUGH = 0.5


def _counts() -> defaultdict[EventKey, int]:
    return defaultdict(int)


@dataclass
class Place:
    """A reference, and how many rows of each event, and of impact.com's among them, have a value there.

    `own` ones are tried by mmpsync unless another is configured.
    """

    reference: str
    own: bool
    filled: dict[EventKey, int] = field(default_factory=_counts)
    filled_impact: dict[EventKey, int] = field(default_factory=_counts)


@dataclass
class Places:
    """The places of every field, and the rows of every event, all and impact.com's."""

    of_field: dict[str, dict[str, Place]] = field(default_factory=lambda: {name: {} for name in FIELDS})
    rows: dict[EventKey, int] = field(default_factory=_counts)
    impact: dict[EventKey, int] = field(default_factory=_counts)


def find_places(engine: Engine, readings: Sequence[tuple[Translation, Sequence[Layout]]]) -> Places:
    """Look through all files of a source, where mmpsync looks by itself; where that is not enough, everywhere."""
    found = Places()
    for translation, layouts in readings:
        scans = [(layout, engine.scan(layout)) for layout in layouts]
        tried = {name: translation.tried(name) for name in FIELDS}
        for row in _sums(engine, translation, scans, tried):
            event = (row["kind"], row["event_name"])
            found.rows[event] += row["rows"]
            found.impact[event] += row["rows"] if row["is_impact"] else 0
            _add(found, row, tried, own=True)
        scarce = _scarce(found)
        others: dict[str, list[str]] = {name: [] for name in scarce}
        for layout, scan in scans if scarce else ():
            for name, references in candidates(engine, layout, scan).items():
                known = {normalise(text) for text in tried[name]}
                if name in scarce:
                    others[name] += [text for text in references if normalise(text) not in known]
        if any(others.values()):
            for row in _sums(engine, translation, scans, others):
                _add(found, row, others, own=False)
    return found


def _scarce(found: Places) -> list[str]:
    """The fields that too few rows have."""
    scarce = []
    for name in CANDIDATES:
        is_click_id = name == "click_id"
        events = found.impact if is_click_id else {e: n for e, n in found.rows.items() if e[0] == "event"}
        filled = sum(
            (place.filled_impact if is_click_id else place.filled).get(event, 0)
            for place in found.of_field[name].values()
            for event in events
        )
        if filled < sum(events.values()) * _ENOUGH:
            scarce.append(name)
    return scarce


def _sums(
    engine: Engine,
    translation: Translation,
    scans: Sequence[tuple[Layout, ir.Table]],
    references: Mapping[str, Sequence[str]],
) -> list[dict[str, Any]]:
    """By event and whether it is impact.com's: the rows, and those that have each reference, under its own text."""
    texts = list(
        dict.fromkeys(text for of_field in references.values() for text in of_field if text[:1] != "=")
    )
    rows = translation.filled(scans, texts)
    rows = rows.filter(rows.kind.notin(["other", "click"]))
    sums = rows.group_by("kind", "event_name", "is_impact").agg(
        rows=rows.count(), **{f"n_{n}": rows[f"filled_{n}"].sum() for n in range(len(texts))}
    )
    found = engine.rows(sums.order_by("kind", "event_name", "is_impact"))
    return [row | {f"={text}": row[f"n_{n}"] or 0 for n, text in enumerate(texts)} for row in found]


def _add(
    found: Places, row: Mapping[str, Any], references: Mapping[str, Sequence[str]], *, own: bool
) -> None:
    event = (row["kind"], row["event_name"])
    for name, texts in references.items():
        for text in dict.fromkeys(texts):
            if f"={text}" in row:
                place = found.of_field[name].setdefault(text, Place(text, own=own))
                place.filled[event] += row[f"={text}"]
                place.filled_impact[event] += row[f"={text}"] if row["is_impact"] else 0
