"""Where the links to check come from: the command line, files of links, stdin."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TextIO

from mmpsync.errors import InputError

__all__ = ["read_links"]

_STDIN = "-"
_LISTS = (".txt", ".csv", ".tsv", ".lst")  # what no link ends with


def read_links(sources: Sequence[str], stdin: TextIO) -> list[str]:
    """Return the links that `sources` name, in their order.

    Each is a link; `@FILE`, the path of a file that exists or what is called like one, with one link a line; or `-` for the same on `stdin`.
    Blank lines and lines that begin with # are left out.

    Raises InputError for a file that is missing, not UTF-8 or holds no link.
    """
    links: list[str] = []
    for source in sources:
        if source == _STDIN:
            links += _of_lines(stdin, "stdin")
        elif source.startswith("@"):
            links += _of_file(source[1:])
        elif "://" not in source and (_is_file(source) or source.lower().endswith(_LISTS)):
            links += _of_file(source)
        else:
            links.append(source)
    return links


def _is_file(source: str) -> bool:
    try:
        return Path(source).is_file()
    except (OSError, ValueError):  # too long for a path, or with a zero byte
        return False


def _of_file(path: str) -> list[str]:
    try:
        with Path(path).open(encoding="utf-8") as lines:
            return _of_lines(lines, path)
    except FileNotFoundError as error:
        raise InputError(f"{path}: there is no such file of links.") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}).") from error
    except ValueError as error:  # a zero byte in the name
        raise InputError(f"{path!r} is not the name of a file.") from error


def _of_lines(lines: Iterable[str], place: str) -> list[str]:
    try:
        links = list(_links(lines))
    except UnicodeDecodeError as error:
        raise InputError(f"{place}: not UTF-8 text; give plain text with one link a line.") from error
    if not links:
        raise InputError(f"{place}: there is no link in it; give one link a line.")
    return links


def _links(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        text = line.removeprefix("\ufeff").strip()  # a byte order mark, which some programs begin with
        if text and not text.startswith("#"):
            yield text
