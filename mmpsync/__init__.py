"""Reconcile mobile measurement partner exports with impact.com clicks, conversion by conversion.

>>> run = mmpsync.reconcile("exports/", clicks="clicks.csv", config="mmpsync.toml")
>>> run.summary.match_rate
>>> run.exceptions()
"""

from typing import TYPE_CHECKING, Any

# The package `mmpsync.reconcile` is imported first, so that no later import of it takes the function's name.
import mmpsync.reconcile  # noqa: F401  # isort: skip
from mmpsync.api import check, reconcile
from mmpsync.errors import (
    ConfigError,
    CredentialsError,
    ImpactError,
    InputError,
    LedgerError,
    MissingExtraError,
    MmpsyncError,
    OutputError,
    UnrecognisedInputError,
    UsageError,
)
from mmpsync.version import __version__

if TYPE_CHECKING:
    from mmpsync.config import Config, load_config
    from mmpsync.preflight.result import Check
    from mmpsync.run import Run

__all__ = [
    "Check",
    "Config",
    "ConfigError",
    "CredentialsError",
    "ImpactError",
    "InputError",
    "LedgerError",
    "MissingExtraError",
    "MmpsyncError",
    "OutputError",
    "Run",
    "UnrecognisedInputError",
    "UsageError",
    "__version__",
    "check",
    "load_config",
    "reconcile",
]

# Imported when first asked for: they bring in pandas, DuckDB and Ibis, which `mmpsync --help` must not wait for.
_HOMES = {
    "Check": "mmpsync.preflight.result",
    "Config": "mmpsync.config",
    "load_config": "mmpsync.config",
    "Run": "mmpsync.run",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'mmpsync' has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415  only on this path

    return getattr(import_module(_HOMES[name]), name)
