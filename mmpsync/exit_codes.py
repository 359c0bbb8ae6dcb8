"""What mmpsync leaves with, in README's words; whatever decides on one names it."""

from enum import IntEnum

__all__ = ["ExitCode"]


class ExitCode(IntEnum):
    """What became of a command, as a number that shells and schedulers read."""

    DONE = 0
    GATE_FAILED = 1
    UNUSABLE = 2
    """The command line, the configuration or an input cannot be used; or a place to write to."""
    BUG = 3
    NOT_ALL_CONFIRMED = 4
    NOTHING_TO_CHECK = 5
    INTERRUPTED = 130
    """By SIGINT as from a shell, 128 + 2; by SIGTERM and SIGHUP too."""
    NOBODY_READS = 141
    """Whoever read the output stopped reading: 128 + SIGPIPE, as from a shell."""
