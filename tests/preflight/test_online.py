"""`--online` against a fake impact.com on loopback: what it answers, and that nothing but reading is done."""

from datetime import UTC, datetime
from typing import Any

import pytest
from fake_impact import FakeImpact

from mmpsync.config import Config
from mmpsync.errors import ImpactError, RateLimitError, RefusedError
from mmpsync.impact.client import ImpactClient
from mmpsync.impact.credentials import Credentials
from mmpsync.preflight.findings import Finding
from mmpsync.preflight.online import ask_impact

PROGRAM = Config.model_validate({"program": {"campaign_id": 1000}})


def ask(make_client: Any, config: Config = PROGRAM, **options: Any) -> tuple[Finding, ...]:
    def connect() -> ImpactClient:
        client: ImpactClient = make_client(**options)
        return client

    return ask_impact(config, datetime.now(UTC), connect)


def test_a_program_that_answers_leaves_nothing_to_say(make_client: Any) -> None:
    assert ask(make_client) == ()


def test_a_program_of_nobodys_is_no_program_without_actions(make_client: Any) -> None:
    (found,) = ask(make_client, Config.model_validate({"program": {"campaign_id": 4711}}))
    assert (found.code, found.level) == ("program-unknown", "error")
    assert "4711" in found.message


def test_a_token_that_is_not_for_programs_leaves_it_open(make_client: Any, fake: FakeImpact) -> None:
    fake.state.scopes.remove("programs")
    assert ask(make_client) == ()


def test_refused_credentials_are_said_and_not_shown(make_client: Any) -> None:
    (found,) = ask(make_client, credentials=Credentials("nobody-at-all", "no-such-token"))
    assert (found.code, found.level, found.subject) == ("credentials-refused", "error", "impact.com")
    assert "no-such-token" not in found.message + found.fix


def test_credentials_that_are_not_set_are_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    import mmpsync

    monkeypatch.delenv("IMPACT_ACCOUNT_SID", raising=False)
    monkeypatch.delenv("IMPACT_AUTH_TOKEN", raising=False)
    checked = mmpsync.check(config=PROGRAM, online=True)
    found = next(each for each in checked.findings if each.subject == "impact.com")
    assert "IMPACT_ACCOUNT_SID" in found.message
    assert (checked.exit_code, checked.looked_at) == (1, ("configuration", "impact.com"))


def test_without_a_program_there_is_nobody_to_ask_for(make_client: Any) -> None:
    (found,) = ask(make_client, Config())
    assert found.code == "program-not-asked"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (RefusedError("GET Actions", 404, ["no such campaign"]), "program-refused"),
        (RateLimitError(1_773_316_800.0), "not-asked-for-a-limit"),
        (ImpactError("GET Actions: no connection"), "impact-not-reached"),
    ],
)
def test_what_impact_com_answers_is_told_apart(error: Exception, code: str) -> None:
    def connect() -> ImpactClient:
        raise error

    (found,) = ask_impact(PROGRAM, datetime.now(UTC), connect)
    assert (found.code, found.level) == (code, "error")
    assert str(error) in found.message
    assert found.fix
