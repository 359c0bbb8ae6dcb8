"""Everything mmpsync raises on purpose, each class with its exit code.

MmpsyncError                exit 3   the base; never raised itself
└── UsageError              exit 2   the command line, the configuration or an input cannot be used
    ├── ConfigError                  a key or value of mmpsync.toml, the environment or a flag
    ├── InputError                   a file that is missing, damaged or not an export
    │   └── UnrecognisedInputError   readable tables that no adapter knows
    ├── OutputError                  a place that cannot be written to
    └── MissingExtraError            an optional dependency is not installed

What a run finds is no error: a failed gate (exit 1) and an input without rows (exit 5) leave a complete
run directory behind, and `Run.exit_code` tells them.
"""

from typing import ClassVar

__all__ = [
    "ConfigError",
    "InputError",
    "MissingExtraError",
    "MmpsyncError",
    "OutputError",
    "UnrecognisedInputError",
    "UsageError",
]


class MmpsyncError(Exception):
    """Base of all errors that mmpsync raises on purpose."""

    exit_code: ClassVar[int] = 3


class UsageError(MmpsyncError):
    """Something the user gave cannot be used; the message says what, where, and what to do."""

    exit_code = 2


class ConfigError(UsageError):
    """A configuration value cannot be used; names the place, the key, the value and what is allowed."""


class InputError(UsageError):
    """An input cannot be read; names the file and what to do."""


class UnrecognisedInputError(InputError):
    """No adapter knows a file; names its header, the adapters tried and what each lacked."""


class OutputError(UsageError):
    """A place that mmpsync was told to write to cannot be written."""


class MissingExtraError(UsageError):
    """An optional dependency is needed; names the command that installs it."""

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(f"{feature} needs an optional part of mmpsync: pip install 'mmpsync[{extra}]'")
        self.extra = extra
