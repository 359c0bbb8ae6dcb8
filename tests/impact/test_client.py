"""The client: who it says it is, what it repeats, what it obeys, and what it never tells anybody."""

import json
import logging
from datetime import date
from typing import Any

import pytest
from fake_impact import SID, TOKEN, Failure, FakeImpact, server
from fake_impact.fixtures import HASTY, JumpingClock
from fake_impact.routes import Response

from mmpsync.errors import (
    CredentialsError,
    ImpactError,
    RateLimitError,
    RefusedError,
    StoppedError,
    UnansweredError,
    UnreachableError,
    UsageError,
)
from mmpsync.impact.addresses import checked_api_url
from mmpsync.impact.clicks import export_clicks
from mmpsync.impact.client import ImpactClient
from mmpsync.impact.clock import Clock
from mmpsync.impact.conversions import submit
from mmpsync.impact.credentials import Credentials
from mmpsync.impact.exchange import Retries
from mmpsync.impact.jobs import wait_for_job
from mmpsync.impact.limits import Gate, Pace

FORM = {
    "CampaignId": "1000",
    "ActionTrackerId": "4001",
    "EventCode": "SALE",
    "EventDate": "2026-08-01T23:55:24Z",
    "OrderId": "ORDER & 1",
    "ClickId": "xgMQ4KWb:xyIWO7Uo7Vva0OcUkGQgW2aEwvr1c0",
}
LIMITS = [kind for kind in Failure if kind.name.startswith("LIMIT")]
NOTHING_TAKEN = [*LIMITS, Failure.ERROR_500, Failure.ERROR_503]
UNKNOWN = [
    Failure.GATEWAY_BEFORE,
    Failure.GATEWAY_AFTER,
    Failure.HANG_BEFORE,
    Failure.HANG_AFTER,
    Failure.RESET_BEFORE,
    Failure.RESET_AFTER,
    Failure.TRUNCATED,
    Failure.NOT_JSON,
]


def test_every_request_says_who_asks_for_what_and_in_which_version(
    client: ImpactClient, fake: FakeImpact
) -> None:
    client.post("Conversions", FORM)
    (request,) = fake.seen
    assert request.path == f"/Advertisers/{SID}/Conversions"
    assert request.headers["authorization"].startswith("Basic ")
    assert request.headers["ir-version"] == "14"
    assert request.headers["accept"] == "application/json"
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"


def test_a_form_arrives_encoded_once(client: ImpactClient, fake: FakeImpact) -> None:
    client.post("Conversions", FORM)
    (submission,) = fake.state.submissions.values()
    assert submission.form == FORM
    assert "%3A" in submission.body
    assert "%253A" not in submission.body


@pytest.mark.parametrize("failure", NOTHING_TAKEN)
def test_a_conversion_that_was_not_taken_is_sent_again(
    client: ImpactClient, fake: FakeImpact, failure: Failure
) -> None:
    fake.script.next.extend([failure, failure])
    client.post("Conversions", FORM)
    assert list(fake.state.accepted().values()) == [1]


@pytest.mark.parametrize("failure", UNKNOWN)
def test_a_conversion_that_may_have_been_taken_is_not_sent_again(
    make_client: Any, fake: FakeImpact, failure: Failure
) -> None:
    client = make_client(timeouts=HASTY)
    fake.script.next.append(failure)
    with pytest.raises(UnansweredError):
        client.post("Conversions", FORM)
    assert len(fake.seen) == 1


@pytest.mark.parametrize("failure", list(Failure))
def test_reading_is_repeated_after_every_failure(
    make_client: Any, fake: FakeImpact, failure: Failure
) -> None:
    client = make_client(timeouts=HASTY)
    client.post("Conversions", FORM)
    fake.script.next.extend([failure, failure])
    assert client.get("APISubmissions").document["@total"] == "1"


def test_giving_up_says_what_happened_and_how_often(make_client: Any, fake: FakeImpact) -> None:
    fake.script.next.extend([Failure.ERROR_503] * 3)
    with pytest.raises(
        UnreachableError, match=r"POST Conversions: impact\.com answers 503, 3 times; try again later"
    ):
        make_client(retries=Retries(tries=3)).post("Conversions", FORM)


def test_nobody_listening_is_told_apart_from_an_answer_that_never_came(make_client: Any) -> None:
    with FakeImpact() as gone:
        pass
    with pytest.raises(UnreachableError, match="no connection"):
        make_client(api_url=gone.url).post("Conversions", FORM)


def test_waits_between_failures_grow_and_differ(client: ImpactClient, fake: FakeImpact, clock: Any) -> None:
    fake.script.next.extend([Failure.ERROR_500] * 5)
    client.get("APISubmissions")
    assert [
        whole / 2 <= wait <= whole for wait, whole in zip(clock.slept, [0.5, 1, 2, 4, 8], strict=True)
    ] == [True] * 5


@pytest.mark.parametrize("envelope", ["openapi", "prose"])
def test_an_error_of_ours_is_told_in_impact_coms_words_and_not_repeated(
    client: ImpactClient, fake: FakeImpact, envelope: str
) -> None:
    fake.state.envelope = envelope
    with pytest.raises(RefusedError) as refused:
        client.post("Conversions", {**FORM, "OrderId": "", "CampaignId": "ten"})
    assert refused.value.status == 400
    assert refused.value.problems == ("OrderId: Missing required field", "CampaignId: Not a numeric value")
    assert len(fake.seen) == 1


@pytest.mark.parametrize("body", [b"", b"<html>Bad</html>", b"[1]", b'{"Errors": "?"}', b"\xff\xfe"])
def test_an_error_without_a_readable_body_is_told_by_its_status(
    client: ImpactClient, fake: FakeImpact, body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fake_impact import server
    from fake_impact.routes import Response

    monkeypatch.setattr(server, "answer", lambda *_: Response(402, raw=body))
    with pytest.raises(RefusedError, match=r"impact\.com answers 402: it gives no reason"):
        client.post("Conversions", FORM)
    assert len(fake.seen) == 1


def test_refused_credentials_and_a_missing_scope_are_one_kind_of_error(
    make_client: Any, fake: FakeImpact
) -> None:
    with pytest.raises(CredentialsError, match=r"refuses the credentials \(401\)"):
        make_client(credentials=Credentials(SID, TOKEN.upper())).get("Actions")
    fake.state.scopes.remove("submissions")
    with pytest.raises(CredentialsError, match=r"refuses the credentials \(403\)"):
        make_client().get("APISubmissions")
    assert len(fake.seen) == 2


@pytest.mark.parametrize("style", ["seconds", "epoch", "hour", "retry-after"])
def test_a_limit_is_obeyed_to_the_second_however_it_is_written(
    make_client: Any, fake: FakeImpact, clock: Any, style: str
) -> None:
    from datetime import UTC, datetime

    from fake_impact import Limit

    fake.state.now = lambda: datetime.fromtimestamp(clock.now(), UTC)
    fake.state.limit = Limit(requests=2, seconds=1800, style=style)
    client = make_client()
    for _ in range(5):
        client.get("APISubmissions")
    assert 2 * 1800 - 5 < sum(clock.slept) < 2 * 1800 + 10
    assert fake.state.requests["GET"] == 7  # five that were answered, and the two that met the limit


def test_a_limit_used_up_is_waited_for_before_it_is_broken(
    make_client: Any, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fake_impact import server
    from fake_impact.routes import Response

    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "90"}
    monkeypatch.setattr(server, "answer", lambda *_: Response(200, {}, headers))
    client = make_client()
    client.get("Actions")
    client.get("Actions")
    assert clock.slept == [pytest.approx(90, abs=1)]


def test_a_limit_that_lasts_longer_than_patience_is_an_error_that_says_when(
    make_client: Any, fake: FakeImpact
) -> None:
    fake.wait = 40_000
    fake.script.next.append(Failure.LIMIT_SECONDS)
    with pytest.raises(RateLimitError, match=r"used up until 20\d\d-\d\d-\d\d \d\d:\d\d UTC"):
        make_client().get("Actions")


def test_whoever_watches_hears_of_a_wait(make_client: Any, fake: FakeImpact, clock: Any) -> None:
    told: list[tuple[str, float]] = []
    fake.wait = 30
    fake.script.next.append(Failure.LIMIT_RETRY_AFTER)
    make_client(told=lambda *wait: told.append(wait)).get("APISubmissions")
    assert told == [("impact.com's rate limit", pytest.approx(clock.now(), abs=2))]


def test_one_wait_is_told_once_however_many_threads_meet_it_and_never_before_somebody_waits() -> None:
    told: list[float] = []
    clock = JumpingClock()
    gate = Gate(clock, patience=3600, told=lambda _, until: told.append(until))
    for wait in (30.0, 30.5, 31.0):  # as answers to requests that were on their way at once say it
        gate.close(wait)
    assert told == []
    for _ in range(2):
        gate.pass_through()
    assert told == [pytest.approx(clock.now(), abs=1)]
    gate.close(30)
    gate.pass_through()
    assert len(told) == 2


def test_an_own_cap_lets_its_number_through_at_once_and_is_kept_to(make_client: Any, clock: Any) -> None:
    told: list[tuple[str, float]] = []
    client = make_client(pace=Pace(3, 60), told=lambda *wait: told.append(wait))
    for _ in range(3):
        client.get("APISubmissions")
    assert (clock.slept, told) == ([], [])
    for _ in range(3):
        client.get("APISubmissions")
    assert sum(clock.slept) == pytest.approx(60, abs=1)
    assert [whose for whose, _ in told] == ["the cap of your own, push.rate,"]


def test_after_stop_nothing_leaves(client: ImpactClient, fake: FakeImpact) -> None:
    client.stop()
    with pytest.raises(StoppedError):
        client.get("Actions")
    assert fake.seen == []


def test_stop_wakes_a_sleeper() -> None:
    clock = Clock()
    clock.stop()
    assert clock.sleep(3600) is False


def test_pages_are_followed_to_the_last(client: ImpactClient, fake: FakeImpact) -> None:
    for number in range(7):
        client.post("Conversions", {**FORM, "OrderId": f"O{number}"})
    fake.state.page_size = 3
    pages = list(client.pages("APISubmissions", "APISubmission"))
    assert [[row["OrderId"] for row in page] for page in pages] == [
        ["O0", "O1", "O2"],
        ["O3", "O4", "O5"],
        ["O6"],
    ]


def test_a_download_is_not_ready_then_ready_and_its_signed_address_gets_no_credentials(
    client: ImpactClient, fake: FakeImpact
) -> None:
    fake.state.clicks["1000", "2026-01-02"] = [{"Id": "a", "EventDate": "2026-01-02T00:00:00Z"}]
    answer = client.get("Programs/1000/ClickExport", {"Date": "2026-01-02", "ResultFormat": "JSON"})
    path = answer.document["ResultUri"]
    with client.download(path) as nothing:
        assert nothing is None
    client.get(answer.document["QueuedUri"])
    client.get(answer.document["QueuedUri"])
    with client.download(path) as pieces:
        assert pieces is not None
        assert json.loads(b"".join(pieces)) == fake.state.clicks["1000", "2026-01-02"]
    signed = fake.requests("GET", "/signed/")
    assert len(signed) == 1
    assert "authorization" not in signed[0].headers


def test_a_download_that_breaks_off_is_an_error_not_a_short_file(
    client: ImpactClient, fake: FakeImpact
) -> None:
    fake.state.reads_to_finish = 0
    fake.state.clicks["1000", "2026-01-02"] = [{"Id": "a" * 100}]
    answer = client.get("Programs/1000/ClickExport", {"Date": "2026-01-02"})
    client.get(answer.document["QueuedUri"])
    fake.script.next.append(Failure.TRUNCATED)
    with client.download(f"{answer.document['ResultUri']}?Mode=Stream") as pieces:
        assert pieces is not None
        with pytest.raises(UnreachableError):
            list(pieces)


@pytest.mark.parametrize("location", ["http://files.example/x", "ftp://127.0.0.1/x"])
def test_a_download_is_not_redirected_to_where_everybody_can_listen(
    client: ImpactClient, location: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fake_impact import server
    from fake_impact.routes import Response

    monkeypatch.setattr(server, "answer", lambda *_: Response(302, {}, {"Location": location}))
    with pytest.raises(ImpactError, match="without https"), client.download("Jobs/1/Download"):
        pass


def test_no_other_redirect_is_followed(
    client: ImpactClient, fake: FakeImpact, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fake_impact import server
    from fake_impact.routes import Response

    monkeypatch.setattr(server, "answer", lambda *_: Response(302, {}, {"Location": f"{fake.url}/elsewhere"}))
    with pytest.raises(ImpactError, match="redirect"):
        client.get("Actions")
    assert len(fake.seen) == 1


@pytest.mark.parametrize("page", ["https://elsewhere.example/Actions?Page=2", "//elsewhere.example/Actions"])
def test_a_next_page_on_another_host_is_not_followed(client: ImpactClient, page: str) -> None:
    with pytest.raises(ImpactError, match="another host"):
        client.get(page)


@pytest.mark.parametrize(
    "url", ["https://api.impact.com", "https://api.impact.com/", "http://127.0.0.1:8080", "http://[::1]:9"]
)
def test_addresses_that_are_safe(url: str) -> None:
    assert checked_api_url(url) == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        "http://api.impact.com",
        "http://localhost:8080",  # a name, which may lead anywhere
        "http://127.0.0.1.example",
        "http://127.0.0.1@evil.example",
        "http://user:secret@127.0.0.1:80",
        "https://api.impact.com/path",
        "https://api.impact.com?x=1",
        "ftp://127.0.0.1",
        "http://127.0.0.1:99999",
        "api.impact.com",
        "",
    ],
)
def test_addresses_that_are_not(url: str) -> None:
    with pytest.raises(UsageError, match="--api-url") as refused:
        checked_api_url(url)
    assert "secret" not in str(refused.value)


def test_credentials_come_from_the_environment_and_a_missing_one_is_named() -> None:
    found = Credentials.from_environment({"IMPACT_ACCOUNT_SID": SID, "IMPACT_AUTH_TOKEN": f" {TOKEN}\n"})
    assert (found.account_sid, found.auth_token) == (SID, TOKEN)
    with pytest.raises(CredentialsError, match=r"^IMPACT_AUTH_TOKEN not set"):
        Credentials.from_environment({"IMPACT_ACCOUNT_SID": SID})
    with pytest.raises(CredentialsError, match="IMPACT_AUTH_TOKEN: holds characters") as refused:
        Credentials.from_environment({"IMPACT_ACCOUNT_SID": SID, "IMPACT_AUTH_TOKEN": "to\nken"})
    assert "ken" not in str(refused.value).replace("IMPACT_AUTH_TOKEN", "")


def test_no_secret_is_in_an_error_that_comes_as_a_success(
    client: ImpactClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = f"/Advertisers/{SID} may not do this"
    refusal = {"Status": "ERROR", "StatusMessage": said, "Errors": [{"Field": "", "Message": said}]}
    monkeypatch.setattr(server, "answer", lambda *_: Response(200, refusal))
    with pytest.raises(RefusedError, match=r"/Advertisers/\*\*\* may not") as refused:
        submit(client, FORM)
    assert SID not in str(refused.value) + repr(refused.value.problems)
    with pytest.raises(ImpactError, match=r"/Advertisers/\*\*\* may not"):
        export_clicks(client, "1000", date(2026, 3, 1))
    assert wait_for_job(client, "1", 0.0).message == "/Advertisers/*** may not do this"


@pytest.mark.parametrize("failure", [*Failure, None])
def test_no_secret_is_in_any_error_log_or_repr(
    make_client: Any, fake: FakeImpact, failure: Failure | None, caplog: pytest.LogCaptureFixture
) -> None:
    from traceback import format_exception

    caplog.set_level(logging.DEBUG)
    client = make_client(retries=Retries(tries=2, limited=2), timeouts=HASTY)
    fake.script.next.extend([failure] * 2)
    told = [repr(client), repr(Credentials(SID, TOKEN)), repr(client.__dict__)]
    for path, form in (("Conversions", FORM), ("Conversions", {}), (f"/Advertisers/{SID}/Nothing", {})):
        try:
            told.append(repr(client.post(path, form)))
        except (ImpactError, CredentialsError) as error:
            told.append("".join(format_exception(error)))
    secrets = (SID, TOKEN, Credentials(SID, TOKEN).authorization.split()[1])
    everything = "\n".join([*told, caplog.text])
    assert [secret for secret in secrets if secret in everything] == []
