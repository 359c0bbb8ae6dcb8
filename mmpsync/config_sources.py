"""Where a configuration comes from: file, environment, flags. Their values laid over one another, unchecked."""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mmpsync.config_problems import KeyPath, closest
from mmpsync.errors import ConfigError

__all__ = ["Settings", "read_settings"]

_DEFAULT_FILE = "mmpsync.toml"
_PREFIX = "MMPSYNC_"
_FILE_VARIABLE = "MMPSYNC_CONFIG"
# Flags that are not called as their keys are.
_FLAGS = {"engine.name": "engine"}
_OTHER_VARIABLES = (_FILE_VARIABLE, "MMPSYNC_DEBUG")


@dataclass
class Settings:
    """Nested values as found, the place that each comes from, and what could not even be read.

    A place is what the user knows it as: a path as given, "environment MMPSYNC_…", "flag --…" or "Python".
    """

    tree: dict[str, object] = field(default_factory=dict)
    places: dict[KeyPath, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def put(self, path: KeyPath, value: object, place: str) -> None:
        """Lay a value, or a table of values, over what is there."""
        if isinstance(value, Mapping) and value:
            for key, inner in value.items():
                self.put((*path, str(key)), inner, place)
            return
        table = self.tree
        for key in path[:-1]:
            deeper = table.setdefault(key, {})
            if not isinstance(deeper, dict):
                return  # a value where a table belongs: that is the problem to report
            table = deeper
        table[path[-1]] = value
        self.places[path] = place


def read_settings(
    config: str | Path | Mapping[str, object] | None,
    overrides: Mapping[str, object],
    environ: Mapping[str, str],
    variables: Mapping[str, KeyPath],
) -> Settings:
    """Read the file, or take its tables as given, then the environment, then the flags; the later covers the earlier.

    `variables` names the environment variables that carry a value. One that is set to nothing is not set.
    """
    settings = Settings()
    if isinstance(config, Mapping):
        for key, value in config.items():
            settings.put((str(key),), value, "Python")
    else:
        try:
            _read_file(settings, config, environ)
        except ConfigError as error:
            settings.problems.append(str(error))
    known = sorted((*variables, *_OTHER_VARIABLES))
    for name, text in sorted(environ.items()):
        if name in variables and text:
            settings.put(variables[name], text, f"environment {name}")
        elif name.startswith(_PREFIX) and name not in known:
            settings.problems.append(
                f"environment {name}: no such variable{closest(name, known)}. Allowed: {', '.join(known)}."
            )
    for key, value in overrides.items():
        flag = _FLAGS.get(key, key.rpartition(".")[2].replace("_", "-"))
        settings.put(tuple(key.split(".")), value, f"flag --{flag}")
    return settings


def _read_file(settings: Settings, path: str | Path | None, environ: Mapping[str, str]) -> None:
    place = ""
    if path is None and environ.get(_FILE_VARIABLE):
        path, place = environ[_FILE_VARIABLE], f"environment {_FILE_VARIABLE}: "
    if path is None and os.path.lexists(_DEFAULT_FILE):
        path = _DEFAULT_FILE
    if path is None:
        return
    try:
        data = Path(path).read_bytes()
    except FileNotFoundError as error:
        raise ConfigError(f"{place}{path}: there is no such file.") from error
    except OSError as error:
        raise ConfigError(f"{place}{path}: cannot be read ({error.strerror}).") from error
    for key, value in _parse(data, f"{place}{path}").items():
        settings.put((key,), value, str(path))


def _parse(data: bytes, place: str) -> dict[str, object]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{place}, line {line}: not UTF-8 text; save it in that encoding.") from error
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ConfigError(f"{place}: nested too deeply.") from error
    except ValueError as error:
        remark, _, position = str(error).rpartition(" (at ")
        at = re.fullmatch(r"line (\d+), column (\d+)\)", position)
        lines = text.split("\n")
        row, column = at.groups() if at else (len(lines), len(lines[-1]) + 1)
        raise ConfigError(f"{place}, line {row}, column {column}: not TOML: {remark or error}.") from error
