"""Asking for a click export, and what is taken for one."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from fake_impact import SID, FakeImpact

from mmpsync.errors import ImpactError, RefusedError
from mmpsync.impact.clicks import check_export, export_clicks
from mmpsync.impact.client import ImpactClient

DAY = date(2026, 3, 1)
CLICK = {"Id": "AbC:1", "EventDate": "2026-03-01T07:05:09Z", "PartnerRelated": {"SubId1": "]"}}


def test_an_export_is_asked_for_by_program_and_day_as_json_and_known_by_its_jobs_id(
    client: ImpactClient, fake: FakeImpact
) -> None:
    job = export_clicks(client, "1000", DAY)
    (request,) = fake.seen
    assert request.path == f"/Advertisers/{SID}/Programs/1000/ClickExport"
    assert request.query == {"Date": "2026-03-01", "ResultFormat": "JSON"}
    assert list(fake.state.jobs) == [job]


def test_an_unknown_program_is_refused(client: ImpactClient) -> None:
    with pytest.raises(RefusedError, match="404"):
        export_clicks(client, "7", DAY)


@pytest.mark.parametrize(
    "answer", [{"Status": "QUEUED"}, {"Status": "ERROR", "Errors": [{"Field": "Date", "Message": "Not so"}]}]
)
def test_an_answer_without_a_job_is_an_error(
    client: ImpactClient, answer: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from fake_impact import server
    from fake_impact.routes import Response

    monkeypatch.setattr(server, "answer", lambda *_: Response(200, answer))
    with pytest.raises(ImpactError, match=r"Date: Not so|names no job"):
        export_clicks(client, "1000", DAY)


@pytest.mark.parametrize(
    "content",
    [
        json.dumps([CLICK]),
        json.dumps([CLICK], indent=2) + "\n",
        "\ufeff" + json.dumps([CLICK, CLICK]),
        json.dumps({"@page": "1", "Clicks": [CLICK]}),
        json.dumps(CLICK) + "\n" + json.dumps(CLICK) + "\n",
        json.dumps([CLICK] * 1000),
        json.dumps({"Clicks": [CLICK] * 1000}) + "\n",
        "".join(json.dumps(CLICK) + "\n" for _ in range(1000)),
    ],
)
def test_clicks_in_any_shape_of_json_are_left_as_they_are(content: str, tmp_path: Path) -> None:
    file = tmp_path / "clicks.json"
    file.write_text(content, "utf-8")
    check_export(file)
    assert file.read_text("utf-8") == content


@pytest.mark.parametrize("content", ["", "[]", " [ ]\n", '{"@total": "0", "Clicks": []}', "\ufeff[]"])
def test_a_day_without_clicks_is_an_empty_file(content: str, tmp_path: Path) -> None:
    file = tmp_path / "clicks.json"
    file.write_text(content, "utf-8")
    check_export(file)
    assert file.read_bytes() == b""


@pytest.mark.parametrize(
    "content",
    [
        "<html>Maintenance</html>",
        json.dumps({"Status": "ERROR", "Errors": [{"Field": "", "Message": "Sorry"}]}),
        json.dumps({"Status": "ERROR", "Message": "Sorry"}),
        json.dumps([CLICK])[:-2],
        json.dumps([CLICK] * 1000)[:-2],
        "Id,EventDate\n" + "AbC:1,2026-03-01\n" * 10_000,
        "[1, 2]",
        '"clicks"',
        "\x00\x01",
    ],
)
def test_anything_else_is_no_export(content: str, tmp_path: Path) -> None:
    file = tmp_path / "clicks.json"
    file.write_text(content, "utf-8")
    with pytest.raises(ImpactError, match="no JSON of clicks, or not all of it"):
        check_export(file)
