"""What the shell proposes when Tab is pressed: what is cheap to know, and nothing that reads a file."""

from collections.abc import Iterator
from typing import get_args

__all__ = ["REPORT_FORMATS", "complete_level", "complete_reason", "complete_report", "complete_source"]

REPORT_FORMATS = ("text", "json", "markdown", "github", "azure", "junit", "sarif", "html", "csv", "xlsx")
"""The names of the report formats, which stand here too because their modules take long to import."""


def complete_reason(incomplete: str) -> Iterator[tuple[str, str]]:
    """Reasons of the catalogue, each with its title."""
    from mmpsync.reasons import CATALOGUE

    return ((reason.code, reason.title) for reason in CATALOGUE if reason.code.startswith(incomplete))


def complete_level(incomplete: str) -> Iterator[str]:
    """What a gate may fail on."""
    from mmpsync.config import FailOn

    return (level for level in get_args(FailOn) if level.startswith(incomplete))


def complete_report(incomplete: str) -> Iterator[str]:
    """Formats of reports; behind the equals sign comes a file."""
    return (name for name in REPORT_FORMATS if name.startswith(incomplete))


def complete_source(incomplete: str) -> Iterator[str]:
    """Sources of exports, up to the equals sign."""
    from mmpsync.config import SOURCES

    return (f"{name}=" for name in SOURCES if name.startswith(incomplete))
