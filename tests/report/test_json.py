import json

from mmpsync.report.formats import FORMATS
from mmpsync.report.interface import Screen
from mmpsync.run import Run


def test_unmasked_it_is_the_run_as_in_run_json(run: Run) -> None:
    assert FORMATS["json"].render(run, Screen(width=100, unmask=True)) == run.to_json()


def test_masked_it_differs_in_the_examples_alone_and_there_in_personal_data(run: Run) -> None:
    masked = json.loads(FORMATS["json"].render(run))
    whole = json.loads(run.to_json())
    changed = {
        (name, example[name], shown[name])
        for reason, of_masked in zip(whole["reason_summaries"], masked["reason_summaries"], strict=True)
        for example, shown in zip(reason.pop("examples"), of_masked.pop("examples"), strict=True)
        for name in example
        if example[name] != shown[name]
    }
    assert changed == {("order_id", "canary@example.com", "cana…om")}
    assert masked == whole


def test_the_screen_makes_no_difference(run: Run) -> None:
    narrow = FORMATS["json"].render(run, Screen(width=60, colour=True))
    assert narrow == FORMATS["json"].render(run)


def test_it_reads_back_as_the_same_run(run: Run) -> None:
    text = FORMATS["json"].render(run)
    assert Run.model_validate_json(text).to_json() == text
    assert json.loads(text)["summary"]["rows"] == 1_234_567
