"""What is known of the text of a ClickId, for whoever looks at one: in a column of a file or in a link.

impact.com documents it as opaque and case-sensitive, so nothing here says what a ClickId looks like.
"""

__all__ = ["MAX_LENGTH", "PLACEHOLDERS"]

MAX_LENGTH = 64
PLACEHOLDERS = ("0", "undefined", "null", "none", "nil", "test", "unknown", "n/a")
