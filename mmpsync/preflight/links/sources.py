"""Where the links to check come from: the command line, files of links, stdin."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TextIO

from mmpsync.errors import InputError
from mmpsync.preflight.links.listed import links_in

__all__ = ["read_links"]

_STDIN = "-"
_LISTS = (".txt", ".csv", ".tsv", ".lst")  # what no link ends with


def read_links(sources: Sequence[str], stdin: TextIO) -> list[str]:
    """Return the links that `sources` name, in their order.

    Each is a link; `@FILE`, the path of a file that exists or what is called like one, with one link a line or a table;
    or `-` for the same on `stdin`.

    Raises InputError for a file that is missing, a folder, not UTF-8 or holds no link.
    """
    links: list[str] = []
    for source in sources:
        if source == _STDIN:
            links += _of_lines(stdin, "stdin")
        elif source.startswith("@"):
            links += _of_file(source[1:])
        elif "://" not in source and (_is_a(source, Path.is_file) or source.lower().endswith(_LISTS)):
            links += _of_file(source)
        elif "://" not in source and _is_a(source, Path.is_dir):
            raise InputError(f"{source}: is a folder; name a file of links in it.")
        else:
            links.append(source)
    return links


def _is_a(source: str, kind: Callable[[Path], bool]) -> bool:
    try:
        return kind(Path(source))
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
        links = links_in(lines)
    except UnicodeDecodeError as error:
        raise InputError(f"{place}: not UTF-8 text; save it as UTF-8, with one link a line.") from error
    if not links:
        raise InputError(f"{place}: there is no link in it; give one link a line.")
    return links
