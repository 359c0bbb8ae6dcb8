"""Which adapter reads a file: told by its columns alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mmpsync.config_problems import closest
from mmpsync.engines.interface import Layout
from mmpsync.errors import ConfigError, UnrecognisedInputError
from mmpsync.ingest import adjust, appsflyer, branch, impact, impact_actions, kochava, segment
from mmpsync.ingest.interface import Adapter
from mmpsync.ingest.references import Reference, normalise

__all__ = ["ADAPTERS", "knows", "named", "recognise", "unrecognised"]

ADAPTERS: tuple[Adapter, ...] = (
    appsflyer.ADAPTER,
    adjust.ADAPTER,
    branch.ADAPTER,
    kochava.ADAPTER,
    segment.ADAPTER,
    impact.ADAPTER,
    impact_actions.ADAPTER,
)
_SHOWN_COLUMNS = 12
_SHOWN_FILES = 5


@dataclass(frozen=True)
class _Attempt:
    adapter: Adapter
    lacks: tuple[tuple[str, ...], ...]
    known: int

    @property
    def distance(self) -> tuple[int, int]:
        """The nearest first: the adapter that has a name for most of the columns, then the one that lacks least."""
        return -self.known, len(self.lacks)


def recognise(layout: Layout) -> Adapter | None:
    """The one adapter whose every need the header meets; None when there is none, or more than one."""
    fitting = [attempt.adapter for attempt in _attempts(layout) if not attempt.lacks]
    return fitting[0] if len(fitting) == 1 else None


def knows(columns: Sequence[str]) -> bool:
    """Whether one adapter recognises a file by these columns."""
    return recognise(Layout(paths=(), format="json", columns=tuple(columns))) is not None


def named(source: str) -> Adapter:
    """The adapter of that source. Raises ConfigError for one that no adapter reads."""
    adapters = {adapter.name: adapter for adapter in ADAPTERS}
    for name, adapter in adapters.items():
        if name == source:
            return adapter
    known = ", ".join(adapters)
    raise ConfigError(
        f'source "{source}": mmpsync reads none of that name{closest(source, adapters)}. Allowed: {known}.'
    )


def _attempts(layout: Layout) -> list[_Attempt]:
    return [
        _Attempt(
            adapter, _lacks(layout, adapter), len(_known(layout.columns, adapter) & _vocabulary(adapter))
        )
        for adapter in ADAPTERS
    ]


def _lacks(layout: Layout, adapter: Adapter) -> tuple[tuple[str, ...], ...]:
    known = _known(layout.columns, adapter)
    return tuple(group for group in adapter.needs if not known & {normalise(name) for name in group})


def _known(columns: Iterable[str], adapter: Adapter) -> set[str]:
    aliases = {normalise(other): normalise(own) for other, own in adapter.aliases.items()}
    names = {normalise(name) for name in columns}
    return names | {aliases[name] for name in names if name in aliases}


def _vocabulary(adapter: Adapter) -> set[str]:
    """Every column that the adapter has a name for."""
    fields = [adapter.own_fields, *adapter.by_kind.values(), *adapter.by_platform.values()]
    references = [text for each in fields for texts in each.values() for text in texts]
    parsed = [
        Reference.parse(text) for text in (*references, *(name for group in adapter.needs for name in group))
    ]
    return {normalise(ref.column.partition(".")[0]) for ref in parsed if ref.constant is None}


def unrecognised(layouts: Sequence[Layout]) -> UnrecognisedInputError:
    """The error that says which columns were seen, and which source is nearest and what it lacks."""
    lines = [_complaint(layout) for layout in layouts[:_SHOWN_FILES]]
    if more := [path for layout in layouts[_SHOWN_FILES:] for path in layout.paths]:
        names = ", ".join(more[:_SHOWN_FILES]) + (" …" if len(more) > _SHOWN_FILES else "")
        lines.append(f"And {len(more)} more that are no exports that mmpsync knows: {names}")
    return UnrecognisedInputError("\n".join(lines))


def _complaint(layout: Layout) -> str:
    attempts = sorted(_attempts(layout), key=lambda attempt: attempt.distance)
    shown = ", ".join(layout.columns[:_SHOWN_COLUMNS]) or "none"
    more = len(layout.columns) - _SHOWN_COLUMNS
    seen = f"  columns seen: {shown}" + (f" … and {more} more" if more > 0 else "")
    if fitting := [attempt.adapter for attempt in attempts if not attempt.lacks]:
        titles = " and of ".join(adapter.title for adapter in fitting)
        return "\n".join(
            [
                *(f"{path}: it has the columns of {titles}" for path in layout.paths),
                seen,
                f"  Say which it is: --source {fitting[0].name}=PATH",
            ]
        )
    nearest, others = (attempts[0], attempts[1:]) if attempts[0].known else (None, attempts)
    lines = [*(f"{path}: not an export that mmpsync knows" for path in layout.paths), seen]
    if nearest is not None:
        needs = "; ".join(
            "one of " + ", ".join(group) if len(group) > 1 else group[0] for group in nearest.lacks
        )
        lines.append(f"  nearest is {nearest.adapter.title}: it lacks {needs}")
    missing = ", ".join(
        f"{each.adapter.title} {len(each.lacks)} of {len(each.adapter.needs)}" for each in others
    )
    lines.append(
        f"  {'also ' if nearest else ''}tried (how many of their telling columns are missing): {missing}"
    )
    name = "NAME" if nearest is None else nearest.adapter.name
    lines.append(
        "  If it is an export of one of these, add the columns, or force that reading with"
        f" --source {name}=PATH; if it is not, take it out of the folder."
    )
    return "\n".join(lines)
