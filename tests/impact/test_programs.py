"""One question that changes nothing tells whether the account has a program."""

import pytest
from fake_impact import SID, TOKEN, FakeImpact
from fake_impact.fixtures import MakeClient

from mmpsync.errors import CredentialsError
from mmpsync.impact.client import ImpactClient
from mmpsync.impact.credentials import Credentials
from mmpsync.impact.programs import knows_program


def test_a_program_that_answers(client: ImpactClient, fake: FakeImpact) -> None:
    assert knows_program(client, "1000")
    assert [request.method for request in fake.seen] == ["GET"]


def test_a_program_that_the_account_has_not(client: ImpactClient) -> None:
    assert not knows_program(client, "7")


def test_credentials_that_are_refused_or_do_not_cover_it(make_client: MakeClient, fake: FakeImpact) -> None:
    with pytest.raises(CredentialsError, match="401"):
        knows_program(make_client(credentials=Credentials(SID, TOKEN[::-1])), "1000")
    fake.state.scopes.remove("programs")
    with pytest.raises(CredentialsError, match="403"):
        knows_program(make_client(), "1000")
