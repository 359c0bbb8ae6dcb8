import re
from xml.etree import ElementTree as ET

import pytest

from mmpsync.report.html_charts import Bar, Column, Segment, bars, columns

SVG = "{http://www.w3.org/2000/svg}"
ONE = (Segment(0, 0.5, "clean"),)


def test_a_bar_is_as_long_as_its_share_and_says_what_it_is() -> None:
    drawn = parsed(
        bars([Bar("Clean", "1,234", (Segment(0, 0.25, "clean"), Segment(0.25, 1, "held")))], width=200)
    )
    assert texts(drawn) == ["Clean", "1,234"]
    assert widths(drawn, "clean") == [50]
    assert widths(drawn, "held") == [150]


def test_bars_stand_in_the_order_given() -> None:
    labels = [f"label {n}" for n in (3, 1, 2, 11, 10)]
    drawn = parsed(bars([Bar(label, "", ONE) for label in labels]))
    places = {node.text: vertical(node) for node in drawn.iter(f"{SVG}text") if node.text}
    assert sorted(places, key=lambda label: places[label]) == labels


def test_a_bar_without_segments_keeps_its_line() -> None:
    drawn = parsed(bars([Bar("nothing", "–", ()), Bar("something", "50%", ONE)], mark=0.5, track=True))
    assert texts(drawn) == ["nothing", "something", "–", "50%"]
    assert len(widths(drawn, "track")) == 2


def test_a_column_is_as_high_as_its_share_and_one_without_share_is_not_there() -> None:
    drawn = parsed(
        columns([Column("1 Mar", 0.5, 10, "accent"), Column("2 Mar", None, 20, "accent")], mark=None)
    )
    assert heights(drawn, "accent") == [66]
    assert heights(drawn, "excluded") == [22, 44]
    assert texts(drawn)[:5] == ["0%", "50%", "100%", "0", "20"]
    assert texts(drawn)[-2:] == ["1 Mar", "2 Mar"]


def test_of_many_columns_a_few_are_named() -> None:
    many = [Column(f"{n} Mar", 0.5, 10, "accent") for n in range(1, 32)]
    named = [text for text in texts(parsed(columns(many, mark=0.5))) if text.endswith("Mar")]
    assert named == ["1 Mar", "7 Mar", "13 Mar", "19 Mar", "25 Mar", "31 Mar"]


@pytest.mark.parametrize(
    "label",
    [
        "<script>alert(1)</script>",
        "</text></svg><img src=x onerror=alert(1)>",
        "&lt;b&gt; &amp; \"quoted\" 'twice'",
        'class="marks" role="graphics-object"',
        "datum.place",
        "{{ 7 * 7 }}",
        "null",
        "12",
        "a\\nb",
        "größer 東京 🎉",
        "שלום",
    ],
)
def test_a_label_is_text_and_nothing_else(label: str) -> None:
    for drawn in (
        bars([Bar(label, label, ONE)], width=900),
        columns([Column(label, 1.0, 1, "held")], mark=None),
    ):
        assert label in texts(parsed(drawn))


def test_a_label_that_is_too_long_is_cut_and_leaves_room_for_its_value() -> None:
    for character in ("W", "i", "東", "🎉"):
        label, value = texts(parsed(bars([Bar(character * 200, "1,234 rows", ONE)])))
        assert re.fullmatch(rf"{character}{{10,40}}…", label)
        assert value == "1,234 rows"


def test_drawings_share_a_page() -> None:
    drawn = bars([Bar("label", "1", ONE)], mark=0.5) + columns([Column("1 Mar", 0.5, 1, "held")], mark=0.5)
    assert " id=" not in drawn
    assert "url(" not in drawn
    assert " style=" not in drawn, "the page's policy allows no style attributes"
    colours = set(re.findall(r'(?:fill|stroke)="([^"]+)"', drawn)) - {"none"}
    assert all(re.fullmatch(r"var\(--[a-z]+\)", colour) for colour in colours), colours


def test_readers_of_the_page_are_told_in_words() -> None:
    drawn = bars([Bar("label", "1", ONE)])
    assert parsed(drawn).get("aria-hidden") == "true"
    assert "role=" not in drawn


def parsed(drawn: str) -> ET.Element:
    return ET.fromstring(drawn)


def texts(drawn: ET.Element) -> list[str]:
    return [node.text or "" for node in drawn.iter(f"{SVG}text")]


def vertical(node: ET.Element) -> float:
    return float(node.get("transform", "").rpartition(",")[2].rstrip(")"))


def widths(drawn: ET.Element, tone: str) -> list[int]:
    return [round(float(box[1])) for box in _boxes(drawn, tone)]


def heights(drawn: ET.Element, tone: str) -> list[int]:
    return [round(float(box[2])) for box in _boxes(drawn, tone)]


def _boxes(drawn: ET.Element, tone: str) -> list[re.Match[str]]:
    paths = [node.get("d", "") for node in drawn.iter(f"{SVG}path") if node.get("fill") == f"var(--{tone})"]
    found = [re.fullmatch(r"M[-\d.]+,[-\d.]+h([\d.]+)v([\d.]+)h-[\d.]+Z", path) for path in paths]
    return [box for box in found if box]
