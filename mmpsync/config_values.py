"""The kinds of value that mmpsync.toml holds beyond plain text, each from its text and back.

A validator that refuses raises ValueError. Its message, if it has one, is the remark that the user reads
after "cannot be used"; what is allowed instead is the `description` of the field.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, StringConstraints
from pydantic_core import PydanticCustomError

from mmpsync.conversion_fields import CHOOSABLE, lookup

__all__ = [
    "ConversionFieldName",
    "CurrencyCode",
    "Directory",
    "Duration",
    "DurationOrZero",
    "File",
    "ItemKeys",
    "MemorySize",
    "MoneyLimit",
    "Rate",
    "RateText",
    "References",
    "Share",
    "ShareText",
    "Text",
    "TimeZone",
    "Tolerance",
    "WholeNumber",
    "choice",
    "format_duration",
    "parse_duration",
]

_SECONDS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_LONGEST = timedelta(days=36_500)
_DURATION = re.compile(r"([0-9]{1,10})([dhms])")
_CONVERSION_FIELDS = (
    "impact.com's conversion fields by their names, such as Text1, CustomerStatus or ItemSku1, and Items"
)
_RATE = re.compile(r"([1-9][0-9]{0,8})/([dhms])")
_SHARE = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,9})?)%")
_WHOLE = re.compile(r"[0-9]{1,18}")
_MONEY = re.compile(r"[0-9]{1,18}(\.[0-9]{1,6})?")
_MEMORY = re.compile(r"(?=[0-9.]*[1-9])[0-9]+(\.[0-9]+)?(KB|MB|GB|TB|KiB|MiB|GiB|TiB)", re.IGNORECASE)


@dataclass(frozen=True, order=True, slots=True)
class Share:
    """A share of a whole, 0 to 1, written in per cent: `Share(Decimal("0.005"))` is "0.5%"."""

    value: Decimal

    def __post_init__(self) -> None:
        if not (self.value.is_finite() and 0 <= self.value <= 1):
            raise ValueError(f"{self.value} is not a share between 0 and 1")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "97%" or "0.5%", at most nine decimals. Raises ValueError for anything else."""
        match = _SHARE.fullmatch(text)
        if match is None or Decimal(match[1]) > 100:  # noqa: PLR2004  # per cent
            raise ValueError
        return cls(Decimal(match[1]) / 100)

    def __str__(self) -> str:
        return f"{(self.value * 100).normalize():f}%"


@dataclass(frozen=True, slots=True)
class Rate:
    """So many requests in so much time, written "1000/h"."""

    requests: int
    unit: str

    @property
    def seconds(self) -> int:
        """The span of time that the requests are counted in."""
        return _SECONDS[self.unit]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "1000/h", "20/m" or "5/s". Raises ValueError for anything else."""
        match = _RATE.fullmatch(text)
        if match is None:
            raise ValueError
        return cls(int(match[1]), match[2])

    def __str__(self) -> str:
        return f"{self.requests}/{self.unit}"


def parse_duration(text: str) -> timedelta:
    """Read "30d", "12h", "5m" or "90s". Raises ValueError for anything else, and for over 100 years."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError
    seconds = int(match[1]) * _SECONDS[match[2]]
    if seconds > _LONGEST.total_seconds():
        raise ValueError("more than 100 years")
    return timedelta(seconds=seconds)


def format_duration(duration: timedelta) -> str:
    """Write a duration of whole seconds in the largest unit that needs no fraction: "36h", "0s"."""
    seconds = duration // timedelta(seconds=1)
    if seconds == 0:
        return "0s"
    unit = next(unit for unit, size in _SECONDS.items() if seconds % size == 0)
    return f"{seconds // _SECONDS[unit]}{unit}"


def choice(allowed: Iterable[str], listed: str = "") -> BeforeValidator:
    """Refuse what is not among `allowed`; of the key of a table the user reads that it is unknown.

    `listed` says in words what is allowed, where the keys are too many to be listed.
    """
    choices = tuple(allowed)
    return BeforeValidator(lambda value: _one_of(choices, value, listed))


def _one_of(choices: tuple[str, ...], value: object, listed: str = "") -> object:
    if value not in choices:
        context = {"choices": choices} | ({"allowed": listed} if listed else {})
        raise PydanticCustomError("choice", "not among the choices", context)
    return value


def _duration(value: object) -> timedelta:
    if isinstance(value, timedelta) and not value % timedelta(seconds=1):
        return parse_duration(format_duration(value))
    return parse_duration(_text(value))


def _more_than_zero(duration: timedelta) -> timedelta:
    if not duration:
        raise ValueError
    return duration


def _whole(value: object) -> int:
    """Take digits for the number they are: the environment has nothing else. True and 1.0 are no numbers."""
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        return int(value)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError
    return value


def _share(value: object) -> Share:
    return value if isinstance(value, Share) else Share.parse(_text(value))


def _rate(value: object) -> Rate:
    return value if isinstance(value, Rate) else Rate.parse(_text(value))


def _tolerance(value: object) -> Share | int:
    is_share = isinstance(value, Share) or (isinstance(value, str) and value.endswith("%"))
    return _share(value) if is_share else _whole(value)


def _money(value: object) -> Decimal:
    """Take a number of TOML's or its text; a float is what its shortest text says."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise ValueError  # noqa: TRY004  # pydantic hands on no TypeError
    if _MONEY.fullmatch(str(value)) is None:
        raise ValueError
    return Decimal(str(value))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError  # noqa: TRY004  # pydantic hands on no TypeError
    return value


def _memory_size(text: str) -> str:
    if _MEMORY.fullmatch(text) is None:
        raise ValueError
    return text


def _time_zone(name: str) -> str:
    if name != "UTC":  # which needs no time zone data, and most configurations name no other
        from zoneinfo import available_timezones  # noqa: PLC0415

        # "localtime" is a link of some Unix systems: it would make results depend on the machine.
        _one_of(tuple(sorted(available_timezones() - {"localtime"})), name)
    return name


def _reference(text: str) -> str:
    column, mark, parameter = text.partition("?")
    if "?" in parameter:
        raise ValueError("it has more than one ?")
    if not column.strip() or (mark and not parameter.strip()):
        raise ValueError("it lacks the name of a column or parameter")
    return text


def _item_key(text: str) -> str:
    if "?" in text:
        raise ValueError("an item has no query parameters")
    return _reference(text)


def _conversion_field(name: object) -> object:
    field = lookup(name) if isinstance(name, str) else None
    if field is not None and field.is_given:
        remark = "mmpsync fills it from the run, the apps and the events"
        raise PydanticCustomError("given", "given", {"error": remark, "allowed": _CONVERSION_FIELDS})
    return name if field is not None else _one_of(CHOOSABLE, name, _CONVERSION_FIELDS)


def _path(value: object) -> Path:
    if not isinstance(value, str | Path) or not str(value).strip():
        raise ValueError
    try:
        return Path(value).expanduser()
    except RuntimeError as error:  # ~name, and nobody is called that
        raise ValueError("no such home directory") from error


Text = Annotated[str, StringConstraints(pattern=r"\S")]
WholeNumber = Annotated[int, BeforeValidator(_whole), Field(ge=1)]
Duration = Annotated[timedelta, PlainValidator(_duration), AfterValidator(_more_than_zero)]
DurationOrZero = Annotated[timedelta, PlainValidator(_duration)]
ShareText = Annotated[Share, PlainValidator(_share)]
CurrencyCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
MoneyLimit = Annotated[Decimal, PlainValidator(_money)]
Tolerance = Annotated[Share | int, PlainValidator(_tolerance)]
MemorySize = Annotated[str, AfterValidator(_memory_size)]
Directory = Annotated[Path, PlainValidator(_path)]
File = Annotated[Path, PlainValidator(_path)]
RateText = Annotated[Rate, PlainValidator(_rate)]
ConversionFieldName = Annotated[str, BeforeValidator(_conversion_field)]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
_ONE_OR_MORE = BeforeValidator(lambda value: (value,) if isinstance(value, str) else value)
References = Annotated[
    tuple[Annotated[str, AfterValidator(_reference)], ...], _ONE_OR_MORE, Field(min_length=1)
]
ItemKeys = Annotated[tuple[Annotated[str, AfterValidator(_item_key)], ...], _ONE_OR_MORE, Field(min_length=1)]
