"""The charts of the HTML report: Altair draws, vl-convert turns it into SVG that stands in the page.

Colours are the page's CSS variables, so that one SVG serves light, dark and print. Everything is drawn at about
the width of a phone; wider pages put charts beside each other instead of stretching them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from unicodedata import east_asian_width

if TYPE_CHECKING:
    from altair import Chart, LayerChart, VConcatChart
    from markupsafe import Markup

__all__ = ["Bar", "Column", "Segment", "Tone", "bars", "columns"]

Tone = Literal[
    "accent", "below", "error", "warning", "info", "clean", "unattributed", "incomplete", "duplicate", "held",
    "excluded", "unreadable"
]  # fmt: skip
_WIDTH = 340
_STEP = 36
_FONT_SIZE = 12
# Nobody knows the font that a page is read in; these are the widths in a wide one, as parts of its size.
_NARROW, _CAPITAL, _WIDE = 0.6, 0.9, 1.3
_AXIS_WIDTH, _SPARE = 32, 10
_MOST_TICKS = 6
_TAG = re.compile("<[^<>]+>")  # never text of a label, where these are escaped
# What Vega adds for readers of graphics: the page describes every chart in words instead.
_ROLES = re.compile(r' (?:role="graphics-[a-z]+"|aria-roledescription="[a-z ]+"|class="[a-z0-9_ -]+")')


@dataclass(frozen=True)
class Segment:
    """A stretch of a bar, from and to shares of the chart's width (0 … 1)."""

    start: float
    end: float
    tone: Tone


@dataclass(frozen=True)
class Bar:
    """One line of a bar chart: a label, its value as text, and what is drawn."""

    label: str
    value: str
    segments: tuple[Segment, ...]


@dataclass(frozen=True)
class Column:
    """One column of `columns`: its label, a share (0 … 1; null where there is none), and a count below it."""

    label: str
    share: float | None
    count: int
    tone: Tone


def bars(
    items: Sequence[Bar], *, mark: float | None = None, track: bool = False, width: int = _WIDTH
) -> "Markup":
    """Draw a bar below each label. `mark` is a share that every bar is compared with; `track` shows 100%."""
    import altair as alt  # noqa: PLC0415

    def layer(records: Sequence[dict[str, Any]]) -> "Chart":
        y = alt.Y("place:O", axis=None, scale=alt.Scale(paddingInner=0))
        return alt.Chart(alt.Data(values=records)).encode(y=y)

    def across(field: str) -> alt.X:
        return alt.X(f"{field}:Q", axis=None, scale=alt.Scale(domain=[0, 1]))

    labels = layer(
        [
            {
                "place": n,
                "label": _fitting(item.label, width - _length(f"  {item.value}")),
                "value": item.value,
            }
            for n, item in enumerate(items)
        ]
    )
    segments = layer(
        [
            {"place": n, "start": part.start, "end": part.end, "colour": f"var(--{part.tone})"}
            for n, item in enumerate(items)
            for part in item.segments
        ]
    )
    text: dict[str, Any] = {"dy": -4, "baseline": "alphabetic"}
    layers = [
        segments.mark_bar(size=9, yOffset=8).encode(
            across("start"), x2="end:Q", color=alt.Color("colour:N", scale=None)
        ),
        labels.mark_text(align="left", color="var(--ink)", **text).encode(x=alt.value(0), text="label:N"),
        labels.mark_text(align="right", color="var(--muted)", **text).encode(
            x=alt.value(width), text="value:N"
        ),
    ]
    if track:
        full = layer([{"place": n, "start": 0, "end": 1} for n in range(len(items))])
        drawn = full.mark_bar(size=9, yOffset=8, color="var(--track)")
        layers.insert(0, drawn.encode(across("start"), x2="end:Q"))
    if mark is not None:
        ticks = layer([{"place": n, "at": mark} for n in range(len(items))])
        tick = ticks.mark_tick(thickness=2, size=17, yOffset=8, color="var(--ink)", orient="vertical")
        layers.append(tick.encode(across("at")))
    return _svg(alt.layer(*layers).properties(width=width, height=alt.Step(_STEP)))


def _fitting(label: str, room: float) -> str:
    """Cut a label that is too long. Vega would do it too, but breaks characters in two and then fails."""
    if _length(label) <= room:
        return label
    room -= _length("…")
    end = next(n for n in range(len(label), -1, -1) if _length(label[:n]) <= room or not n)
    return f"{label[:end].rstrip()}…"


def _length(text: str) -> float:
    return _FONT_SIZE * sum(map(_character, text))


def _character(character: str) -> float:
    if east_asian_width(character) in "WF":
        return _WIDE
    return _CAPITAL if character.isupper() or character in "mw@%—…" else _NARROW


def columns(items: Sequence[Column], *, mark: float | None, width: int = _WIDTH) -> "Markup":
    """Draw each share as a column, and below it how many rows it is a share of."""
    import altair as alt  # noqa: PLC0415

    inner = width - _AXIS_WIDTH - _SPARE
    records = [
        {"place": n, "share": item.share, "count": item.count, "colour": f"var(--{item.tone})"}
        for n, item in enumerate(items)
    ]
    most = max((item.count for item in items), default=0) or 1
    every = -(-len(items) // _MOST_TICKS)
    named = [{"place": n, "label": item.label} for n, item in enumerate(items) if n % every == 0]
    x = alt.X("place:O", axis=None, scale=alt.Scale(domain=list(range(len(items))), paddingInner=0.2))

    def axis(**settings: Any) -> alt.Axis:
        look = {"domain": False, "ticks": False, "labelColor": "var(--muted)", "gridColor": "var(--line)"}
        return alt.Axis(orient="right", title=None, labelFontSize=_FONT_SIZE - 1, **look, **settings)

    scale = alt.Scale(domain=[0, 1])
    shares = alt.Chart(alt.Data(values=records)).encode(
        x, alt.Y("share:Q", scale=scale, axis=axis(values=[0, 0.5, 1], format="%"))
    )
    layers = [shares.mark_bar().encode(color=alt.Color("colour:N", scale=None))]
    if mark is not None:
        total = alt.Chart(alt.Data(values=[{"share": mark}]))
        layers.append(
            total.mark_rule(color="var(--ink)", strokeWidth=2).encode(alt.Y("share:Q", scale=scale))
        )
    counts = alt.Chart(alt.Data(values=records)).mark_bar(color="var(--excluded)")
    ticks = alt.Chart(alt.Data(values=named)).mark_text(
        align="left", baseline="top", color="var(--muted)", fontSize=_FONT_SIZE - 1
    )
    return _svg(
        alt.vconcat(
            alt.layer(*layers).properties(width=inner, height=132),
            counts.encode(
                x, alt.Y("count:Q", scale=alt.Scale(domain=[0, most]), axis=axis(values=[0, most]))
            ).properties(width=inner, height=44),
            ticks.encode(x.copy(), y=alt.value(0), text="label:N").properties(width=inner, height=14),
            spacing=10,
        ),
        right=_SPARE,
    )


def _svg(chart: "LayerChart | VConcatChart", right: int = 0) -> "Markup":
    import vl_convert  # noqa: PLC0415
    from markupsafe import Markup  # noqa: PLC0415

    styled = (
        chart.properties(background="transparent", padding={"left": 0, "top": 0, "right": right, "bottom": 0})
        .configure(aria=False, font="system-ui, sans-serif")
        .configure_view(stroke=None)
        .configure_text(fontSize=_FONT_SIZE)
    )
    drawn = _TAG.sub(lambda tag: _ROLES.sub("", tag[0]), vl_convert.vegalite_to_svg(styled.to_dict()))
    # Vega escapes text; the tests hold it to that, and the page's policy runs no script but its own.
    return Markup(drawn.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1))  # noqa: S704
