"""`mmpsync report`: a finished run in any format."""

from pathlib import Path
from typing import Annotated

import typer

from mmpsync.cli.options import ReportOption, UnmaskOption
from mmpsync.cli.reconcile import RUNS
from mmpsync.errors import InputError

__all__ = ["report", "run_directory"]

_LAST = "last"


def report(
    run: Annotated[
        str,
        typer.Argument(metavar="RUN", help="A run directory; `last` is the one in runs/ that ended last."),
    ],
    *,
    report: ReportOption = None,
    unmask: UnmaskOption = False,
) -> None:
    """Show a finished run again, in any format, without reading its exports again.

    Leaves with 0 also when the run's gate failed: nothing is judged again.
    """
    from mmpsync.report.destinations import deliver, destinations
    from mmpsync.run import Run

    places = destinations(report or ["text"])
    deliver(Run.load(run_directory(run)), places, unmask=unmask)


def run_directory(run: str) -> Path:
    """The directory that RUN names. Raises InputError for `last` without any run."""
    if run != _LAST:
        return Path(run)
    from mmpsync.run import latest_run

    latest = latest_run(RUNS)
    if latest is None:
        raise InputError(
            f"{_LAST}: there is no run in {RUNS}/ yet; name a run directory, or make one: mmpsync reconcile"
        )
    return latest
