"""Unknown is settled by impact.com's own records, and by nothing else."""

from typing import Any
from urllib.parse import urlencode

import pytest
from fake_impact import Failure, FakeImpact, server
from fake_impact.fixtures import HASTY, JumpingClock
from fake_impact.plans import plan_of, row
from fake_impact.routes import Response

from mmpsync.push.decisions import conversions
from mmpsync.push.entries import State
from mmpsync.push.ledger import Ledger

LOST = [
    Failure.HANG_BEFORE,
    Failure.HANG_AFTER,
    Failure.RESET_BEFORE,
    Failure.RESET_AFTER,
    Failure.GATEWAY_BEFORE,
    Failure.GATEWAY_AFTER,
    Failure.TRUNCATED,
    Failure.NOT_JSON,
]


def lose(fake: FakeImpact, *failures: Failure) -> None:
    """Have the next conversions' answers get lost."""
    fake.script.only = "POST"
    fake.script.next.extend(failures)


@pytest.mark.parametrize("failure", LOST)
def test_a_lost_answer_is_settled_in_the_same_run_and_nothing_is_paid_twice(
    pushing: Any, fake: FakeImpact, only_entry: Any, failure: Failure
) -> None:
    fake.state.oid_window = False
    lose(fake, failure)
    assert pushing(plan_of(1), timeouts=HASTY).is_complete
    assert len(fake.state.actions) == len(fake.state.submissions) == 1
    assert only_entry().submission == next(iter(fake.state.submissions))


@pytest.mark.parametrize("failure", [Failure.RESET_BEFORE, Failure.RESET_AFTER])
def test_it_stays_unknown_until_its_absence_says_something(
    pushing: Any, fake: FakeImpact, only_entry: Any, failure: Failure
) -> None:
    lose(fake, failure)
    assert not pushing(plan_of(1), settings={"wait": 60}).is_complete
    assert only_entry().state is State.UNKNOWN
    pushing(plan_of(1), settings={"wait": 60})
    assert fake.state.requests["POST"] == 1


def test_resend_unknown_sends_without_knowing(pushing: Any, fake: FakeImpact) -> None:
    lose(fake, Failure.RESET_AFTER)
    pushing(plan_of(1), settings={"wait": 60})
    assert pushing(plan_of(1), resend_unknown=True).is_complete
    assert len(fake.state.submissions) == 2


def test_an_action_settles_it_when_the_submission_is_not_listed(
    pushing: Any, fake: FakeImpact, only_entry: Any
) -> None:
    lose(fake, Failure.RESET_AFTER)
    pushing(plan_of(1), settings={"wait": 60})
    fake.state.complete_all()
    fake.state.submissions.clear()
    assert pushing(plan_of(1)).is_complete
    assert only_entry().note == "found among impact.com's actions"
    assert fake.state.requests["POST"] == 1


def test_a_submission_of_another_event_or_program_settles_nothing(pushing: Any, fake: FakeImpact) -> None:
    lose(fake, Failure.RESET_BEFORE)
    pushing(plan_of(1), settings={"wait": 60})
    fields = dict(row(1)["fields"])
    for other in (
        {"EventCode": "RENEWAL"},
        {"ActionTrackerId": "9"},
        {"CampaignId": "2"},
        {"OrderId": "o-1"},
    ):
        fake.state.accept({**fields, **other}, urlencode({**fields, **other}))
    assert pushing(plan_of(1)).sent == 1


def test_the_submission_that_was_rejected_before_does_not_settle_its_second_try(
    pushing: Any, fake: FakeImpact, only_entry: Any
) -> None:
    fake.state.rejected["O-1"] = "CONTRACT_NOT_FOUND"
    pushing(plan_of(1))
    fake.state.rejected.clear()
    lose(fake, Failure.RESET_BEFORE)
    assert pushing(plan_of(1), retry_rejected=True).is_complete
    assert len(fake.state.submissions) == 2
    assert only_entry().state is State.CONFIRMED


def test_an_action_that_may_be_it_leaves_it_to_a_person(
    pushing: Any, fake: FakeImpact, only_entry: Any
) -> None:
    by_type = row(1, code="")
    by_type["target"] = "type:12345"
    by_type["fields"] = [
        (name, value) for name, value in by_type["fields"] if name not in ("ActionTrackerId", "EventCode")
    ]
    by_type["fields"].append(("EventTypeId", "12345"))
    lose(fake, Failure.RESET_BEFORE)
    pushing(plan_of(by_type), settings={"wait": 60})
    fake.state.add_action({**dict(by_type["fields"]), "EventTypeId": "4001"})
    pushed = pushing(plan_of(by_type))
    assert not pushed.is_complete
    assert only_entry().state is State.UNKNOWN
    assert "look it up at impact.com" in only_entry().note
    assert fake.state.requests["POST"] == 1


def test_what_impact_coms_list_no_longer_holds_is_not_taken_for_absent(
    pushing: Any, fake: FakeImpact, clock: Any, only_entry: Any
) -> None:
    lose(fake, Failure.RESET_BEFORE)
    pushing(plan_of(1), settings={"wait": 60})
    clock.sleep(85 * 86400)
    assert not pushing(plan_of(1)).is_complete
    assert "older than impact.com's list" in only_entry().note


def test_pages_of_submissions_are_read_to_the_last(pushing: Any, fake: FakeImpact) -> None:
    fake.state.page_size = 2
    for number in range(2, 9):
        fake.state.accept(dict(row(number)["fields"]), "")
    lose(fake, Failure.RESET_AFTER)
    assert pushing(plan_of(1)).is_complete
    assert fake.state.requests["POST"] == 1


def test_a_submission_that_is_gone_is_unknown(
    pushing: Any, fake: FakeImpact, clock: Any, only_entry: Any
) -> None:
    fake.state.reads_to_complete = 99
    pushing(plan_of(1), settings={"wait": 0})
    fake.state.submissions.clear()
    clock.sleep(91 * 86400)
    assert not pushing(plan_of(1), settings={"wait": 0}).is_complete
    assert only_entry().state is State.UNKNOWN


def test_what_was_lost_early_in_a_long_push_is_settled_at_its_end(pushing: Any, fake: FakeImpact) -> None:
    lose(fake, Failure.RESET_BEFORE, *[None] * 5, Failure.LIMIT_SECONDS)
    fake.wait = 3000  # longer than it takes to tell that something was not taken
    assert pushing(plan_of(30)).is_complete


@pytest.mark.parametrize("lost", [Failure.RESET_AFTER, None], ids=["no answer", "listed late"])
def test_time_spent_waiting_for_a_limit_does_not_count_towards_absence(
    pushing: Any, fake: FakeImpact, clock: JumpingClock, monkeypatch: pytest.MonkeyPatch, lost: Failure | None
) -> None:
    fake.state.oid_window = False
    fake.wait = 3700  # longer than it takes to tell that something was not taken, or is not known any more
    lose(fake, Failure.LIMIT_SECONDS, *([lost] if lost else []))
    left: list[float] = []
    fake.before = lambda request: left.append(clock.now()) if request.method == "POST" else None
    answer = server.answer

    def late(state: Any, request: Any) -> Response:
        if request.method == "POST" or clock.now() > left[-1] + 300:
            return answer(state, request)
        is_list = request.path.endswith(("APISubmissions", "Actions"))
        return Response(200, {"APISubmission": [], "Actions": []}) if is_list else Response(404, {})

    monkeypatch.setattr(server, "answer", late)
    assert pushing(plan_of(1)).is_complete
    assert len(fake.state.submissions) == 1


def test_what_a_dead_push_left_may_have_left_just_before_it_died(
    pushing: Any, fake: FakeImpact, book: Ledger, clock: JumpingClock
) -> None:
    book.begin(conversions(plan_of(1)), run="R0", now=clock.now() - 7200)
    assert not pushing(plan_of(1), settings={"wait": 60}).is_complete
    assert fake.state.requests["POST"] == 0
    assert pushing(plan_of(1)).is_complete


def test_a_submission_that_was_named_is_never_taken_for_absent(
    pushing: Any, fake: FakeImpact, clock: JumpingClock, only_entry: Any
) -> None:
    fake.state.reads_to_complete = 99
    pushing(plan_of(1), settings={"wait": 0})
    fake.state.submissions.clear()  # as another account would see it
    clock.sleep(7200)
    for _ in range(2):
        assert not pushing(plan_of(1)).is_complete
        assert only_entry().state is State.UNKNOWN
    assert "look it up there" in only_entry().note
    assert fake.state.requests["POST"] == 1


def test_a_modification_of_the_order_settles_nothing(pushing: Any, fake: FakeImpact, only_entry: Any) -> None:
    lose(fake, Failure.RESET_BEFORE)
    pushing(plan_of(1), settings={"wait": 60})
    fields = dict(row(1)["fields"])
    fake.state.accept(fields, urlencode(fields), kind="Modification")
    assert pushing(plan_of(1)).sent == 1
    assert only_entry().submission == list(fake.state.submissions)[1]


def test_clocks_that_differ_settle_nothing_wrongly(pushing: Any, fake: FakeImpact) -> None:
    from datetime import UTC, datetime, timedelta

    fake.state.oid_window = False
    fake.state.now = lambda: datetime.now(UTC) - timedelta(hours=7)
    lose(fake, Failure.RESET_AFTER)
    assert pushing(plan_of(1)).is_complete
    assert len(fake.state.submissions) == 1
