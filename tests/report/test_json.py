import json

from mmpsync.report.formats import FORMATS
from mmpsync.report.interface import Screen
from mmpsync.run import Run


def test_it_is_the_run_as_in_run_json(run: Run) -> None:
    assert FORMATS["json"].render(run) == run.to_json()


def test_the_screen_makes_no_difference(run: Run) -> None:
    narrow = FORMATS["json"].render(run, Screen(width=60, colour=True))
    assert narrow == FORMATS["json"].render(run)


def test_it_reads_back_as_the_same_run(run: Run) -> None:
    text = FORMATS["json"].render(run)
    assert Run.model_validate_json(text).to_json() == text
    assert json.loads(text)["summary"]["rows"] == 1_234_567
