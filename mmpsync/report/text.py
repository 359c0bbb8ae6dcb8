"""The summary in the terminal: are we fine, how many rows went where, what is wrong, and what to do."""

from collections.abc import Iterator

from rich.console import RenderableType

from mmpsync.report.interface import PAGE, Report, Screen
from mmpsync.report.text_actions import actions
from mmpsync.report.text_baseline import baseline
from mmpsync.report.text_funnel import funnel
from mmpsync.report.text_inputs import advice, assumptions, files
from mmpsync.report.text_outcome import gate, verdict, whereabouts
from mmpsync.report.text_reasons import excluded, reasons
from mmpsync.report.text_remedies import remedies
from mmpsync.report.text_style import laid_out
from mmpsync.run import Run

__all__ = ["REPORT"]


def _render(run: Run, screen: Screen = PAGE, /) -> str:
    return laid_out(_sections(run, screen), screen)


def _sections(run: Run, screen: Screen) -> Iterator[RenderableType]:
    yield verdict(run)
    if run.summary.rows:
        yield funnel(run, screen.width)
    yield from reasons(run, screen.width)
    yield from remedies(run, unmask=screen.unmask)
    yield from baseline(run)
    yield from excluded(run)
    yield from actions(run)
    yield from files(run)
    yield from advice(run)
    yield from assumptions(run)
    yield from gate(run)
    yield from whereabouts(run)


REPORT: Report[Run] = Report(name="text", render=_render, lines=True)
