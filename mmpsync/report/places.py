"""Where a reason begins in a file, as tools that show source files count: in lines, from 1."""

from pathlib import PurePath
from urllib.parse import quote

from mmpsync.run import Run
from mmpsync.summaries import ReasonFile

__all__ = ["first_line", "foremost", "uri"]


def first_line(run: Run, file: ReasonFile) -> int | None:
    """The line of the file's first row with the reason; None where a file has no lines.

    Rows are taken for lines of their own, so that the line is too small when cells before it hold line breaks.
    """
    form = next((each.format for each in run.files if each.path == file.path), "")
    if form.startswith("csv"):
        return file.first_row + 1  # the header is the first
    return file.first_row if form.startswith("json") else None


def foremost(files: tuple[ReasonFile, ...]) -> ReasonFile | None:
    """The file with the most rows, the first of these."""
    return max(files, key=lambda file: file.rows, default=None)


def uri(path: str) -> str:
    """The path as a URI reference: relative to the working directory, or absolute."""
    if "://" in path:
        return quote(path, safe=":/?&=+,;@", errors="surrogatepass")
    posix = quote(PurePath(path).as_posix(), errors="surrogatepass")
    return f"file://{posix}" if PurePath(path).is_absolute() else posix
