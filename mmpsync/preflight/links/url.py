"""A link taken apart and put together again without losing a byte.

The standard library's parsers decode, reorder or drop what they do not expect. A link that somebody copies must stay
as it was but for what was wrong in it, so every part is kept as written and decoded only to be looked at.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self
from urllib.parse import unquote

__all__ = ["Link", "Parameter", "decoded", "fully_decoded"]

# RFC 3986, appendix B: it takes any text apart.
_PARTS = re.compile(
    r"(?:(?P<scheme>[^:/?#]+):)?(?://(?P<authority>[^/?#]*))?(?P<path>[^?#]*)(?:\?(?P<query>[^#]*))?(?:#(?P<fragment>.*))?",
    re.DOTALL,
)
_DECODINGS = 3


def decoded(text: str) -> str:
    """Percent-decode once; `+` is left alone, and bytes that are not UTF-8 leave the text as it was."""
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        return text


def fully_decoded(text: str) -> str:
    """Percent-decode as often as anybody encodes by mistake."""
    for _ in range(_DECODINGS):
        text = decoded(text)
    return text


@dataclass(frozen=True)
class Parameter:
    """One `name=value` of a query, as written; `value` is None without an equals sign."""

    written_name: str
    value: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text between two ampersands."""
        name, sign, value = text.partition("=")
        return cls(name, value if sign else None)

    @property
    def name(self) -> str:
        """Its name, decoded: Branch's `%243p` is `$3p`."""
        return decoded(self.written_name)

    def __str__(self) -> str:
        return self.written_name if self.value is None else f"{self.written_name}={self.value}"


@dataclass(frozen=True)
class Link:
    """The parts of a link, each as written; None where the sign that begins the part is missing."""

    scheme: str | None
    authority: str | None
    path: str
    query: tuple[Parameter, ...] | None
    fragment: str | None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Take any text apart; `str()` of the result is the same text."""
        match = _PARTS.fullmatch(text)
        assert match is not None
        query = match["query"]
        parameters = None if query is None else tuple(map(Parameter.parse, query.split("&")))
        return cls(match["scheme"], match["authority"], match["path"], parameters, match["fragment"])

    def __str__(self) -> str:
        return "".join(
            (
                "" if self.scheme is None else f"{self.scheme}:",
                "" if self.authority is None else f"//{self.authority}",
                self.path,
                "" if self.query is None else "?" + "&".join(map(str, self.query)),
                "" if self.fragment is None else f"#{self.fragment}",
            )
        )

    @property
    def host(self) -> str:
        """The host in lower case, without user name, port and the dot that may end it."""
        host = (self.authority or "").rpartition("@")[2].lower()
        return re.sub(r"\.?(:\d*)?$", "", host)

    @property
    def segments(self) -> tuple[str, ...]:
        """What stands between the slashes of the path; empty ones left out."""
        return tuple(part for part in self.path.split("/") if part)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters that have a name."""
        return tuple(parameter for parameter in self.query or () if parameter.written_name)

    def named(self, *names: str) -> tuple[Parameter, ...]:
        """Return the parameters of these names, in the order of the link."""
        return tuple(parameter for parameter in self.parameters if parameter.name in names)

    def with_parameter(self, name: str, value: str) -> "Link":
        """Return the link with one parameter more, at the end."""
        query = list(self.query or ())
        while query and not str(query[-1]):
            query.pop()
        return replace(self, query=(*query, Parameter(name, value)))

    def with_each(self, change: Callable[[Parameter], Parameter | None]) -> "Link":
        """Return the link with what `change` makes of every parameter, in the order of the link; None leaves it out."""
        kept = tuple(map(change, self.query or ()))
        return replace(self, query=tuple(parameter for parameter in kept if parameter is not None))

    def with_first(self, parameter: Parameter) -> "Link":
        """Return the link with this parameter moved to the front."""
        others = (other for other in self.query or () if other != parameter)
        return replace(self, query=(parameter, *others))
