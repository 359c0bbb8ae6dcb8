"""One question that changes nothing tells whether credentials and program are good."""

import pytest
from fake_impact import SID, TOKEN, FakeImpact
from fake_impact.fixtures import MakeClient

from mmpsync.errors import CredentialsError, ImpactError
from mmpsync.impact.client import ImpactClient
from mmpsync.impact.credentials import Credentials
from mmpsync.impact.programs import Program, read_program


def test_a_program_that_answers(client: ImpactClient, fake: FakeImpact) -> None:
    assert read_program(client, "1000") == Program("1000", "Fake program", "ACTIVE")
    assert [request.method for request in fake.seen] == ["GET"]


def test_a_program_that_the_account_has_not(client: ImpactClient) -> None:
    with pytest.raises(
        ImpactError, match=r"knows no program 7 of this account; is program\.campaign_id right\?"
    ):
        read_program(client, "7")


def test_credentials_that_are_refused_or_do_not_cover_it(make_client: MakeClient, fake: FakeImpact) -> None:
    with pytest.raises(CredentialsError, match="401"):
        read_program(make_client(credentials=Credentials(SID, TOKEN[::-1])), "1000")
    fake.state.scopes.remove("programs")
    with pytest.raises(CredentialsError, match="403"):
        read_program(make_client(), "1000")
