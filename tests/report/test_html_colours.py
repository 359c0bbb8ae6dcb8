import re
from importlib import resources

import pytest


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_and_drawings_stand_out_from_the_page(scheme: str) -> None:
    """WCAG 2.2 AA: 4.5 for text (1.4.3), 3 for graphics that are needed to understand (1.4.11)."""
    style = (resources.files("mmpsync.report") / "templates" / "report.css").read_text("utf-8")
    light, dark = palettes(style)
    colours = light if scheme == "light" else light | dark
    for ground in ("page", "raised", "error-wash", "warning-wash", "clean-wash"):
        for ink in ("ink", "muted", "link"):
            assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)
    for ink in ("error", "warning", "info", "clean"):
        assert contrast(colours[ink], colours["page"]) >= 4.5, ink
    for drawn in (
        "accent",
        "below",
        "unattributed",
        "incomplete",
        "duplicate",
        "held",
        "excluded",
        "unreadable",
    ):
        assert contrast(colours[drawn], colours["page"]) >= 3, drawn
    for tone in ("error", "warning", "clean"):
        assert contrast(colours[tone], colours[f"{tone}-wash"]) >= 4.5, tone


def palettes(style: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return the colours of the light scheme, and those the dark one changes."""
    light, dark = style.split("prefers-color-scheme: dark")[:2]
    first = re.compile(r"--([a-z-]+): (#[0-9a-f]{3,6})\b")
    return dict(first.findall(light)), dict(first.findall(dark.split("\n}")[0]))


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    digits = digits if len(digits) == 6 else "".join(digit * 2 for digit in digits)
    parts = [int(digits[n : n + 2], 16) / 255 for n in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
