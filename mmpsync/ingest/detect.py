"""Which adapter reads a file: told by its columns alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mmpsync.engines.interface import Layout
from mmpsync.errors import UnrecognisedInputError
from mmpsync.ingest import adjust, appsflyer, impact
from mmpsync.ingest.fields import normalise
from mmpsync.ingest.interface import Adapter

__all__ = ["ADAPTERS", "recognise", "unrecognised"]

ADAPTERS: tuple[Adapter, ...] = (appsflyer.ADAPTER, adjust.ADAPTER, impact.ADAPTER)
_SHOWN_COLUMNS = 12


@dataclass(frozen=True)
class _Attempt:
    adapter: Adapter
    lacks: tuple[tuple[str, ...], ...]


def recognise(layout: Layout) -> Adapter | None:
    """The adapter whose every need the header meets; the one with the most needs where two would do."""
    fitting = [attempt.adapter for attempt in _attempts(layout) if not attempt.lacks]
    return max(fitting, key=lambda adapter: len(adapter.needs), default=None)


def _attempts(layout: Layout) -> list[_Attempt]:
    attempts = []
    for adapter in ADAPTERS:
        known = _known(layout.columns, adapter)
        lacks = tuple(group for group in adapter.needs if not known & {normalise(name) for name in group})
        attempts.append(_Attempt(adapter, lacks))
    return attempts


def _known(columns: Iterable[str], adapter: Adapter) -> set[str]:
    aliases = {normalise(other): normalise(own) for other, own in adapter.aliases.items()}
    names = {normalise(name) for name in columns}
    return names | {aliases[name] for name in names if name in aliases}


def unrecognised(layouts: Sequence[Layout]) -> UnrecognisedInputError:
    """The error that says which columns were seen, what was tried and what each adapter lacked."""
    return UnrecognisedInputError("\n".join(_complaint(layout) for layout in layouts))


def _complaint(layout: Layout) -> str:
    shown = ", ".join(layout.columns[:_SHOWN_COLUMNS]) or "none"
    more = len(layout.columns) - _SHOWN_COLUMNS
    lines = [f"{path}: not an export that mmpsync knows" for path in layout.paths] + [
        f"  columns seen: {shown}" + (f" … and {more} more" if more > 0 else "")
    ]
    for attempt in sorted(
        _attempts(layout), key=lambda attempt: len(attempt.lacks) - len(attempt.adapter.needs)
    ):
        needs = "; ".join(
            "one of " + ", ".join(group) if len(group) > 1 else group[0] for group in attempt.lacks
        )
        lines.append(f"  tried {attempt.adapter.title}: lacks {needs}")
    lines.append(
        "  If it is an export of one of these, add the columns; if it is not, take it out of the folder."
    )
    return "\n".join(lines)
