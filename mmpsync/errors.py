"""Everything mmpsync raises on purpose, each class with its exit code.

MmpsyncError                exit 3   the base; never raised itself
└── UsageError              exit 2   the command line, the configuration or an input cannot be used
    ├── ConfigError                  a key or value of mmpsync.toml, the environment or a flag
    ├── InputError                   a file that is missing, damaged or not an export
    │   └── UnrecognisedInputError   readable tables that no adapter knows
    ├── OutputError                  a place that cannot be written to
    ├── CredentialsError             impact.com's credentials are missing or refused
    ├── ImpactError                  impact.com cannot be reached, or does not do what was asked
    │   ├── RefusedError             it answers with an error of ours (4xx)
    │   ├── UnreachableError         it took nothing: no connection, or nothing but 429 and 5xx
    │   ├── UnansweredError          the request left and no answer came; it may have been taken
    │   ├── RateLimitError           it allows no request for longer than is waited
    │   └── StoppedError             this side gave up
    ├── LedgerError                  the ledger of pushes cannot be used
    └── MissingExtraError            an optional dependency is not installed

What a run finds is no error: a failed gate (exit 1) and an input without rows (exit 5) leave a complete
run directory behind, and `Run.exit_code` tells them.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import ClassVar

from mmpsync.exit_codes import ExitCode

__all__ = [
    "ConfigError",
    "CredentialsError",
    "ImpactError",
    "InputError",
    "LedgerError",
    "MissingExtraError",
    "MmpsyncError",
    "OutputError",
    "RateLimitError",
    "RefusedError",
    "StoppedError",
    "UnansweredError",
    "UnreachableError",
    "UnrecognisedInputError",
    "UsageError",
]


class MmpsyncError(Exception):
    """Base of all errors that mmpsync raises on purpose."""

    exit_code: ClassVar[int] = ExitCode.BUG


class UsageError(MmpsyncError):
    """Something the user gave cannot be used; the message says what, where, and what to do."""

    exit_code = ExitCode.UNUSABLE


class ConfigError(UsageError):
    """A configuration value cannot be used; names the place, the key, the value and what is allowed."""


class InputError(UsageError):
    """An input cannot be read; names the file and what to do."""


class UnrecognisedInputError(InputError):
    """No adapter knows a file; names its header, the adapters tried and what each lacked."""


class OutputError(UsageError):
    """A place that mmpsync was told to write to cannot be written."""


class CredentialsError(UsageError):
    """impact.com's credentials are not set, or it refuses them."""


class ImpactError(UsageError):
    """impact.com cannot be reached, or does not do what was asked; says what to do."""


class RefusedError(ImpactError):
    """impact.com answered that the request itself is wrong; `problems` are its words, `status` the HTTP status."""

    def __init__(self, what: str, status: int, problems: Sequence[str]) -> None:
        said = "; ".join(problems) or "it gives no reason"
        super().__init__(f"{what}: impact.com answers {status}: {said}")
        self.status, self.problems = status, tuple(problems)


class UnreachableError(ImpactError):
    """impact.com took nothing, however often it was asked."""


class UnansweredError(ImpactError):
    """A request left that must not be repeated, and no answer to it came: nobody knows whether it was taken."""


class RateLimitError(ImpactError):
    """impact.com allows no request before `until`, an epoch."""

    def __init__(self, until: float) -> None:
        when = datetime.fromtimestamp(until, UTC)
        super().__init__(
            f"impact.com's rate limit is used up until {when:%Y-%m-%d %H:%M} UTC; run again then"
        )
        self.until = until


class StoppedError(ImpactError):
    """This side stopped before the request left."""

    def __init__(self) -> None:
        super().__init__("stopped before the request left")


class LedgerError(UsageError):
    """The ledger of pushes is damaged, belongs to something else, or is in use."""


class MissingExtraError(UsageError):
    """An optional dependency is needed; names the command that installs it."""

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(f"{feature} needs an optional part of mmpsync: pip install 'mmpsync[{extra}]'")
        self.extra = extra
