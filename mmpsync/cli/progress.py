"""What is shown on a terminal while a run goes on."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["stages"]


@contextmanager
def stages() -> Iterator[Callable[[str], None]]:
    """Show on stderr which stage runs and for how long, if it is a terminal; leave nothing behind."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(
        *columns,
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
        redirect_stdout=False,
        redirect_stderr=False,
    ) as bar:

        def begin(stage: str) -> None:
            for task in bar.task_ids:
                bar.update(task, total=1, completed=1)
            bar.add_task(stage, total=None)

        yield begin
