"""A check without personal data: e-mail and IP addresses masked wherever they stand."""

from mmpsync.preflight.result import Check
from mmpsync.report.private import without_personal_data

__all__ = ["masked"]

# What the user typed to be read back, or mmpsync made: a link is shown as given, but for what is personal in it.
_OWN = ("id", "mmpsync_version", "config", "started", "finished", "as_of")


def masked(check: Check) -> Check:
    """The same check with personal data masked."""
    return Check.model_validate(without_personal_data(check.model_dump(), own=_OWN))
