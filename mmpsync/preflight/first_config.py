"""The first mmpsync.toml, written from what exports show: settings, what speaks for them, and what only a person knows."""

from collections.abc import Iterable, Iterator

from mmpsync.config_problems import dotted, literal
from mmpsync.figures import counted, number
from mmpsync.masking import brief
from mmpsync.preflight.configuration import WHERE_TO_FIND
from mmpsync.preflight.events_to_pay import Proposal, left_out, proposals
from mmpsync.preflight.places import Place
from mmpsync.preflight.seen import Seen, SeenApp, SeenSource

__all__ = ["first_config"]

_COMMENT_AT = 40
_MOST_NAMES, _MOST_PLACES = 30, 4
_LONGEST_NAME = 128
_ENOUGH = 0.5
_PLATFORMS = {
    "android": "android",
    "ios": "ios",
    "iphone os": "ios",
    "ipados": "ios",
    "iphone": "ios",
    "web": "web",
}
_SHOWN_FIELDS = ("order_id", "amount", "currency", "customer_id")


def first_config(seen: Seen) -> str:
    """The text of a configuration for what was seen; for nothing, one that says what goes where."""
    sections = (_head(seen), _program(seen), _apps(seen), _events(seen), *map(_source, seen.sources), _gate())
    return "\n".join("\n".join(map(_on_one_line, section)) + "\n" for section in sections)


def _on_one_line(line: str) -> str:
    """The line, whatever a header has in it: nothing of an export may get out of its comment."""
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in line)


def _line(text: str, comment: str = "") -> str:
    return f"{text:<{_COMMENT_AT - 1}} # {comment}" if comment else text


def _head(seen: Seen) -> Iterator[str]:
    if seen.sources:
        read = ", ".join(map(_read, seen.sources))
        yield f"# Written by `mmpsync init` from {read}. What only you know is marked TODO."
    else:
        yield "# Written by `mmpsync init` without exports. What only you know is marked TODO."
    yield "# `mmpsync check` checks this file, `mmpsync config show` shows every setting and its default."


def _read(source: SeenSource) -> str:
    files = f"{counted(source.files, 'file')} of {source.title}"
    return files if source.rows else f"{files}, which {'has' if source.files == 1 else 'have'} no rows"


def _program(seen: Seen) -> Iterator[str]:
    yield "[program]"
    yield _line("# TODO campaign_id = 1000", WHERE_TO_FIND["campaign_id"])
    yield _line(
        'referral_window = "30d"',
        "TODO how long after a click you pay; impact.com: the contract's referral window",
    )
    own = [p for s in seen.sources for p in s.places["click_id"] if p.own and any(p.filled_impact.values())]
    other = _other_parameters(seen) if seen.sources and not own else []
    if other:
        yield _line(
            f"click_id_params = {literal(other)}", "TODO is this the parameter of impact.com's {clickid}?"
        )


def _other_parameters(seen: Seen) -> list[str]:
    """Parameters of links that are called like a ClickId, where none of the usual ones is filled."""
    places = [p for s in seen.sources for p in s.places["click_id"] if not p.own and "?" in p.reference]
    most_first = sorted(places, key=lambda place: -sum(place.filled_impact.values()))
    return list(
        dict.fromkeys(p.reference.partition("?")[2] for p in most_first if sum(p.filled_impact.values()))
    )[:1]


def _apps(seen: Seen) -> Iterator[str]:
    apps: dict[str, list[SeenApp]] = {}
    for source in seen.sources:
        for app in source.apps:
            apps.setdefault(app.app, []).append(app)
    if not apps:
        yield "# The apps, by the ids that the MMP has for them."
        yield '# TODO [apps."com.example.shop"]'
        yield _line('# platform = "android"', "or ios")
        yield _line("# tracker_id = 4001", WHERE_TO_FIND["tracker_id"])
        return
    yield "# The apps, by the ids that the MMP has for them."
    for name, each in apps.items():
        yield _line(f"[{dotted(('apps', name))}]", counted(sum(app.rows for app in each), "row"))
        platform = _platform(each)
        if platform:
            yield f"platform = {literal(platform)}"
        else:
            yield _line('# TODO platform = "android"', "the rows do not say it")
        yield _line("# TODO tracker_id = 4001", WHERE_TO_FIND["tracker_id"])


def _platform(apps: Iterable[SeenApp]) -> str | None:
    rows: dict[str, int] = {}
    for app in apps:
        for name, n in app.platforms.items():
            if name in _PLATFORMS:
                rows[_PLATFORMS[name]] = rows.get(_PLATFORMS[name], 0) + n
    return max(rows, key=lambda name: (rows[name], name), default=None)


def _events(seen: Seen) -> Iterator[str]:
    proposed = proposals(seen)
    yield "# The events that you pay partners for; all others are left out as unmapped-event."
    if not proposed:
        yield "# TODO [events.purchase]"
        yield _line('# names = ["af_purchase"]', "as the MMP writes it")
        yield _line('# code = "SALE"', WHERE_TO_FIND["code"])
        yield '# required = ["order_id", "amount", "currency"]'
    for event in proposed:
        yield from _event(event)
    others = left_out(seen)
    if others:
        yield ""
        yield "# These occur too. TODO if you pay for one, add it like those above:"
        for other in others[:_MOST_NAMES]:
            money = f", {number(other.valued)} with an amount" if other.valued else ""
            yield f"#   {literal(brief(other.name, _LONGEST_NAME))}: {counted(other.rows, 'row')}, {number(other.from_impact)} of impact.com{money}"
        if len(others) > _MOST_NAMES:
            yield f"#   and {len(others) - _MOST_NAMES} more"


def _event(event: Proposal) -> Iterator[str]:
    money = f", {number(event.valued)} with an amount" if event.valued else ""
    guess = "; TODO do you pay for it?" if event.is_guess else ""
    yield _line(
        f"[{dotted(('events', event.key))}]",
        f"{counted(event.rows, 'row')}, {number(event.from_impact)} of impact.com{money}{guess}",
    )
    yield f"names = {literal(event.names)}"
    if event.code is None:
        yield _line('# TODO code = "SALE"', WHERE_TO_FIND["code"])
    else:
        yield _line(f"code = {literal(event.code)}", f"TODO compare with {WHERE_TO_FIND['code']}")
    if event.required:
        yield f"required = {literal(event.required)}"
    if event.recommended:
        yield f"recommended = {literal(event.recommended)}"
    if event.order_id_from_event_id:
        yield _line(
            'order_id_from = "event_id"', "no row has an order id, so each event's own id stands for one"
        )
    for name in event.absent:
        yield f"# TODO {name}: no row of it has one; where the app sends it, name the column below and require it here"


def _source(source: SeenSource) -> Iterator[str]:
    if source.rows:
        yield f"# {source.title}, and where its values are found, with the share of rows that have one"
    fields = []
    for name in ("click_id", *_SHOWN_FIELDS):
        shown, other = _found_at(source, name)
        if source.rows:
            yield _place(source, name, shown)
        if other:
            fields.append(_line(f"{name} = {literal(other.reference)}", "TODO is this the right column?"))
        elif name == "currency" and not shown and _found_at(source, "amount")[0]:
            fields.append(
                _line(
                    '# TODO currency = "=EUR"', "no row has one; where all amounts are in one, this says it"
                )
            )
    yield f"[sources.{source.name}]"
    yield from _media_sources(source)
    yield _line(
        'timezone = "UTC"',
        "TODO of times without a zone; the MMP shows it in the app's settings or the export's options",
    )
    if fields:
        yield f"[sources.{source.name}.fields]"
        yield from fields


def _place(source: SeenSource, name: str, shown: str) -> str:
    """A comment on where a field is found, or on what to do where the ClickId is not."""
    if shown or name != "click_id":
        return f"#   {name:<12} {shown or 'nowhere that mmpsync looks'}"
    if not any(source.impact.values()):
        return f"#   {name:<12} not looked for: no row is known to be of impact.com"
    return f"# TODO {name}: nowhere that mmpsync looks. {source.click_id_advice}"


def _media_sources(source: SeenSource) -> Iterator[str]:
    rows: dict[str, int] = {}
    own: dict[str, int] = {}
    for name, attribution, n in source.media_sources:
        counts = own if attribution == "impact" else rows
        counts[name] = counts.get(name, 0) + n
    if own:
        yield f"# impact.com's rows: {_listed(own)}; others: {_listed({k: v for k, v in rows.items() if k not in own}) or 'none'}"
        return
    if not rows:
        return
    alike = [name for name in rows if "impact" in name.lower()]
    if alike:
        yield _line(f"media_sources = {literal(alike)}", "TODO is this what the MMP calls impact.com?")
    else:
        yield _line(
            '# TODO media_sources = ["impact"]',
            f"what the MMP calls impact.com; none of these is known: {_listed(rows)}",
        )


def _listed(rows: dict[str, int]) -> str:
    most_first = sorted(rows, key=lambda name: (-rows[name], name))
    return ", ".join(f"{literal(name)} {number(rows[name])}" for name in most_first[:_MOST_NAMES])


def _found_at(source: SeenSource, name: str) -> tuple[str, Place | None]:
    """Where a field is found, with fill rates; and a place to configure, where those that are tried do not do."""
    is_click_id = name == "click_id"
    events = _events_with(source, name)
    rows = sum((source.impact if is_click_id else source.rows).get(event, 0) for event in events)
    shares = {
        place.reference: sum(
            (place.filled_impact if is_click_id else place.filled).get(event, 0) for event in events
        )
        / rows
        for place in source.places[name]
        if rows
    }
    found = sorted(
        (p for p in source.places[name] if shares.get(p.reference)), key=lambda p: -shares[p.reference]
    )
    own = [place for place in found if place.own]
    others = [place for place in found if not place.own and shares[place.reference] >= _ENOUGH]
    is_enough = sum(shares[place.reference] for place in own) >= _ENOUGH or not others
    shown = own if is_enough else others[:1]
    listed = ", ".join(f"{place.reference} {shares[place.reference]:.0%}" for place in shown[:_MOST_PLACES])
    more = f" and {len(shown) - _MOST_PLACES} more places" if len(shown) > _MOST_PLACES else ""
    return f"{listed}{more}", None if is_enough else others[0]


def _events_with(source: SeenSource, name: str) -> list[tuple[str, str | None]]:
    """The events whose rows should have a field: those with money for what goes with it."""
    if name in ("click_id", "customer_id"):
        return list(source.rows)
    proposed = {
        each for event in proposals(Seen((source,))) for each in event.names if "amount" in event.required
    }
    return [event for event in source.rows if event[1] in proposed and event[0] == "event"]


def _gate() -> Iterator[str]:
    yield "[gate]"
    yield _line('fail_on = "error"', "a run fails when there are errors; or warning, never")
