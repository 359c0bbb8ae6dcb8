"""The console command, and the one place where every error becomes a message and an exit code.

exit 0    done
exit 1-5  what a verb says, by raising typer.Exit (see README), or the exit code of an MmpsyncError
exit 2    also: the command line cannot be understood, the disk is full, or a folder is closed to us
exit 3    also: anything that mmpsync does not raise on purpose, which is a bug
exit 130  interrupted: by Ctrl-C, or told to end (SIGTERM, SIGHUP)
exit 141  whoever read the output stopped reading, as in `mmpsync … | head` (128 + SIGPIPE, as from a shell)
"""

import atexit
import contextlib
import errno
import gc
import io
import math
import os
import re
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from typing import NoReturn

import typer

from mmpsync.errors import MmpsyncError
from mmpsync.exit_codes import ExitCode

__all__ = ["main", "run"]

# Modules and expressions are many small objects that live until the end; to look for garbage among them as often as
# Python does by default is a tenth of a small run.
_OBJECTS_BEFORE_COLLECTION = 300_000
# What a file system answers when it cannot or must not: no bug, wherever it is said.
_OF_THE_MACHINE = {
    *(errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO),
    *(errno.EMFILE, errno.ENFILE, errno.ELOOP, errno.ENAMETOOLONG),
}
# Seconds after an interrupt in which another one, of somebody who presses twice, does not break off the cleaning up.
_CLEANING_UP = 2.0


def main() -> None:
    """Run the command line and leave with its exit code."""
    gc.set_threshold(_OBJECTS_BEFORE_COLLECTION)
    _open_closed_streams()
    _clean_up_when_told_to_end()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A name that the terminal's encoding lacks is shown escaped; it is no reason to fail.
            stream.reconfigure(errors="backslashreplace")
    _leave(run([_at_home(argument) for argument in sys.argv[1:]]))


def _open_closed_streams() -> None:
    """Let what is said to a closed stream, as after `>&-`, go nowhere; None in its place would be a bug."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            # The lowest number that is free is the stream's own: no file that is opened later is taken for it.
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8"))


def _clean_up_when_told_to_end() -> None:
    """End on SIGTERM and SIGHUP as on Ctrl-C: schedulers send them, and copies of exports must not stay behind."""
    interrupted = -math.inf

    def interrupt(_number: int, _frame: object) -> None:
        nonlocal interrupted
        again, interrupted = time.monotonic() - interrupted < _CLEANING_UP, time.monotonic()
        if not again:
            raise KeyboardInterrupt

    signals = {"SIGINT": signal.default_int_handler, "SIGTERM": signal.SIG_DFL, "SIGHUP": signal.SIG_DFL}
    for name, default in signals.items():
        number = getattr(signal, name, None)
        # Whoever ignores one, as nohup does, means it.
        if number is not None and signal.getsignal(number) is default:
            signal.signal(number, interrupt)


def _at_home(argument: str) -> str:
    """The argument with a `~/` where a path begins replaced, which no shell does behind `--out=`."""
    found = re.match(r"(--[a-z-]+=)?([a-z_]+=)?(?=~(/|$))", argument)
    if found is None:
        return argument
    return found[0] + os.path.expanduser(argument[found.end() :])  # noqa: PTH111  Path's fails where nobody has a home


def _leave(code: int) -> NoReturn:
    """End the process as it is: to take it apart object by object is a tenth of a small run."""
    atexit._run_exitfuncs()  # noqa: SLF001  the interpreter's own, which os._exit leaves out
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):  # closed, or none at all
            stream.flush()
    os._exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run the command line with these arguments; returns the exit code and raises nothing but SystemExit."""
    arguments, debug = _without_debug(arguments)
    try:
        code = _call(arguments)
    except BaseException as error:  # the one place that catches everything
        if _is_broken_pipe(error):
            _discard_output()
            return ExitCode.NOBODY_READS
        if isinstance(error, SystemExit):
            raise  # completion scripts and the like
        if isinstance(error, typer.Abort) and isinstance(error.__cause__, EOFError):
            error = error.__cause__  # typer makes an Abort of it, but a damaged file raises it too
        if debug:
            traceback.print_exception(error)
        code = _report(error, debug=debug)
        for note in getattr(error, "__notes__", ()):
            _say("note:", note)
    return code


def _call(arguments: Sequence[str]) -> int:
    # Imported here so that an installation that cannot even import it is reported like any other bug.
    from mmpsync.cli.app import app  # noqa: PLC0415

    # Not standalone: typer's own handling leaves with 1, our "gate failed", for more than one kind of error.
    result = app(args=list(arguments), prog_name="mmpsync", standalone_mode=False)
    if sys.stdout is not None:
        sys.stdout.flush()
    if result == ExitCode.INTERRUPTED:
        raise KeyboardInterrupt
    return result if isinstance(result, int) else ExitCode.DONE


def _report(error: BaseException, *, debug: bool) -> int:
    if isinstance(error, KeyboardInterrupt | typer.Abort) or _is_interrupted_query(error):
        _say("interrupted;", "what was finished is kept")
        return ExitCode.INTERRUPTED
    if isinstance(error, MmpsyncError):
        _say("error:", str(error))
        return error.exit_code
    if isinstance(error, typer.TyperException):
        context = getattr(error, "ctx", None)
        hint = f"\nHow to use it: {context.command_path} --help" if context else ""
        if message := error.format_message():  # without arguments the help is already there, and no message
            _say("error:", message.replace("Value error, ", "") + hint)  # which pydantic adds, inside typer
        return ExitCode.UNUSABLE
    if isinstance(error, OSError) and error.errno in _OF_THE_MACHINE:
        _say("error:", f"{error.strerror}: {error.filename or 'standard output'}")
        return ExitCode.UNUSABLE
    advice = "" if debug else "; run again with --debug for the traceback"
    _say("error:", f"this is a bug in mmpsync: {type(error).__name__}: {error}{advice}")
    return ExitCode.BUG


def _without_debug(arguments: Sequence[str]) -> tuple[list[str], bool]:
    """Take --debug out, wherever it stands before a `--`."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    kept = [argument for argument in arguments[:end] if argument != "--debug"]
    debug = len(kept) < end or os.environ.get("MMPSYNC_DEBUG", "0") not in {"", "0"}
    return [*kept, *arguments[end:]], debug


def _is_broken_pipe(error: BaseException) -> bool:
    """Tell whether it is one, or what typer and rich make of one: exit 1."""
    return isinstance(error.__context__ if isinstance(error, SystemExit) else error, BrokenPipeError)


def _is_interrupted_query(error: BaseException) -> bool:
    """Tell whether it is what DuckDB makes of an interrupt: no error class of its own, nor a KeyboardInterrupt."""
    return type(error) is RuntimeError and str(error) == "Query interrupted"


def _discard_output() -> None:
    """Let nothing that is still buffered fail when Python flushes it on its way out."""
    with contextlib.suppress(OSError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in (sys.stdout, sys.stderr):
            os.dup2(nowhere, stream.fileno())


def _say(label: str, message: str) -> None:
    """Print to stderr, in colour on a terminal, without control characters that may come from an input."""
    harmless = re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", lambda found: f"\\x{ord(found[0]):02x}", message)
    colour = False if os.environ.get("NO_COLOR") else None
    try:
        typer.echo(f"{typer.style(label, fg=typer.colors.RED, bold=True)} {harmless}", err=True, color=colour)
    except OSError:
        _discard_output()


if __name__ == "__main__":
    main()
