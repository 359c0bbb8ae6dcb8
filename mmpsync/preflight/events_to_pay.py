"""Which of the events that occur a first mmpsync.toml should pay for, under which names, and what each needs."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mmpsync.preflight.event_names import ROLES, Role, role_of
from mmpsync.preflight.seen import Seen, SeenEvent, SeenSource

__all__ = ["Proposal", "left_out", "proposals"]

# From this share on, an event's rows have something; below the other, they do not.
_MOSTLY, _HARDLY = 0.5, 0.05
_MOST_GUESSES = 12
_LONGEST_CODE = 128  # as mmpsync.toml takes them
_KNOWN = tuple(role.key for role in ROLES)
_INSTALL = next(role for role in ROLES if role.key == "install")


@dataclass(frozen=True)
class Proposal:
    """An event to configure: its key and code, the names it has in the sources, and what its rows come to.

    `absent` are parameters that it should have and that hardly any of its rows carries; `is_guess` tells that nothing
    but an amount speaks for it, `code` None that none can be made of its name.
    """

    key: str
    code: str | None
    names: tuple[str, ...]
    rows: int
    from_impact: int
    valued: int
    required: tuple[str, ...]
    recommended: tuple[str, ...]
    absent: tuple[str, ...]
    order_id_from_event_id: bool
    is_guess: bool = False


def proposals(seen: Seen) -> tuple[Proposal, ...]:
    """The events that look paid for: known kinds first, then those that carry money most often, by their names."""
    return tuple(_proposal(role, events, is_guess=role.key not in _KNOWN) for role, events in _chosen(seen))


def left_out(seen: Seen) -> list[SeenEvent]:
    """The events that are not proposed, in all sources together, most rows first."""
    proposed = {event for _, events in _chosen(seen) for _, event in events}
    others = [event for source in seen.sources for event in source.events if event not in proposed]
    totals: dict[str, SeenEvent] = {}
    for event in others:
        known = totals.get(event.name)
        totals[event.name] = SeenEvent(
            event.name,
            event.kind,
            event.rows + (known.rows if known else 0),
            event.from_impact + (known.from_impact if known else 0),
            event.valued + (known.valued if known else 0),
        )
    return sorted(totals.values(), key=lambda event: (-event.rows, event.name))


def _chosen(seen: Seen) -> list[tuple[Role, list[tuple[SeenSource, SeenEvent]]]]:
    """The roles that are proposed, in their order, each with the events that play it."""
    found: dict[str, tuple[Role, list[tuple[SeenSource, SeenEvent]]]] = {}
    for source in seen.sources:
        for event in source.events:
            role = _role(event)
            if role is not None:
                found.setdefault(role.key, (role, []))[1].append((source, event))
    known = [found[key] for key in _KNOWN if key in found]
    guesses = [each for each in found.values() if each[0].key not in _KNOWN]
    most_money_first = sorted(guesses, key=lambda each: (-sum(e.valued for _, e in each[1]), each[0].key))
    return known + sorted(most_money_first[:_MOST_GUESSES], key=lambda each: each[0].key)


def _role(event: SeenEvent) -> Role | None:
    if event.kind != "event":
        return _INSTALL if event.kind == "install" else None
    role = role_of(event.name)
    if role is not None or event.valued < event.rows * _MOSTLY:
        return role
    key = re.sub(r"\W+", "_", event.name.lower()).strip("_")
    if not key or key in _KNOWN or len(key) > _LONGEST_CODE:
        return None
    return Role(key=key, code=_code(key), names="", required=("order_id", "amount", "currency"))


def _code(key: str) -> str | None:
    """An event code as impact.com's own look; None where there is none for a key."""
    code = key.upper().replace("_", "-")
    return code if code.isascii() else None


def _proposal(role: Role, events: Sequence[tuple[SeenSource, SeenEvent]], *, is_guess: bool) -> Proposal:
    filled = {name: _share(events, name) for name in (*role.required, *role.recommended, "event_id")}
    from_event_id = filled.get("order_id", 1.0) < _HARDLY and filled["event_id"] > _MOSTLY
    absent = [
        name
        for name in role.required
        if filled[name] < _HARDLY and not (name == "order_id" and from_event_id)
    ]
    return Proposal(
        key=role.key,
        code=role.code,
        names=tuple(dict.fromkeys(event.name for _, event in events)),
        rows=sum(event.rows for _, event in events),
        from_impact=sum(event.from_impact for _, event in events),
        valued=sum(event.valued for _, event in events),
        required=tuple(name for name in role.required if name not in absent),
        recommended=tuple(name for name in role.recommended if filled[name] >= _HARDLY),
        absent=tuple(absent),
        order_id_from_event_id=from_event_id,
        is_guess=is_guess,
    )


def _share(events: Iterable[tuple[SeenSource, SeenEvent]], name: str) -> float:
    """Which share of the events' rows has a value for a field, at the place that has it most often."""
    rows = filled = 0
    for source, event in events:
        key = (event.kind, event.name)
        rows += source.rows.get(key, 0)
        # Rows may have it in different places; what they add up to is at most all of them.
        filled += min(source.rows.get(key, 0), sum(place.filled.get(key, 0) for place in source.places[name]))
    return filled / rows if rows else 0.0
