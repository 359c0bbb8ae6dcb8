"""A whole push: what is sent, what is not, and what the exit code says of it."""

from typing import Any

import pytest
from fake_impact import SID, Failure, FakeImpact
from fake_impact.plans import plan_of, row

from mmpsync.push.decisions import Choice, conversions
from mmpsync.push.entries import State
from mmpsync.push.ledger import Ledger
from mmpsync.push.session import Push, Settings, preview

CONFIRMED, QUEUED, REJECTED, UNKNOWN, PLANNED = (
    State.CONFIRMED,
    State.QUEUED,
    State.REJECTED,
    State.UNKNOWN,
    State.PLANNED,
)


def orders(fake: FakeImpact) -> list[str]:
    """The orders that the fake took, in that order."""
    return [submission.form["OrderId"] for submission in fake.state.submissions.values()]


def test_everything_is_sent_once_followed_and_confirmed(pushing: Any, fake: FakeImpact, states: Any) -> None:
    pushed = pushing(plan_of(20))
    assert (pushed.sent, pushed.is_complete) == (20, True)
    assert sorted(orders(fake)) == sorted(states()) == sorted(f"O-{n}" for n in range(1, 21))
    assert set(states().values()) == {CONFIRMED}


def test_a_second_push_sends_nothing(pushing: Any, fake: FakeImpact) -> None:
    pushing(plan_of(5))
    pushed = pushing(plan_of(5))
    assert (pushed.sent, pushed.is_complete) == (0, True)
    assert fake.state.requests["POST"] == 5


def test_what_the_plan_skips_is_not_sent_and_fails_nothing(pushing: Any, fake: FakeImpact) -> None:
    assert pushing(plan_of(row(1), row(2, skipped="too-old"))).is_complete
    assert orders(fake) == ["O-1"]


def test_the_same_order_of_another_event_is_another_conversion(pushing: Any, fake: FakeImpact) -> None:
    assert pushing(plan_of(row(1, code="SALE"), row(1, code="RENEWAL"))).is_complete
    assert len(orders(fake)) == 2


def test_rejected_says_why_and_leaves_with_4(pushing: Any, fake: FakeImpact, states: Any, book: Any) -> None:
    fake.state.rejected["O-2"] = "CONTRACT_NOT_FOUND RESTRICTED_PROMOCODE"
    assert not pushing(plan_of(2)).is_complete
    assert states() == {"O-1": CONFIRMED, "O-2": REJECTED}
    (trouble,) = book.troubles()
    assert trouble.codes == ("CONTRACT_NOT_FOUND", "RESTRICTED_PROMOCODE")


def test_rejected_is_tried_again_only_on_demand(pushing: Any, fake: FakeImpact, states: Any) -> None:
    fake.state.rejected["O-1"] = "CONTRACT_NOT_FOUND"
    pushing(plan_of(1))
    fake.state.rejected.clear()
    assert pushing(plan_of(1)).sent == 0
    assert pushing(plan_of(1), retry_rejected=True).is_complete
    assert states() == {"O-1": CONFIRMED}
    assert orders(fake) == ["O-1", "O-1"]


def test_what_is_rejected_again_is_not_tried_for_ever(pushing: Any, fake: FakeImpact) -> None:
    fake.state.rejected["O-1"] = "CONTRACT_NOT_FOUND"
    pushing(plan_of(1))
    fake.script.only = "POST"
    fake.script.next.append(None)
    assert pushing(plan_of(1), retry_rejected=True).sent == 1


def test_an_order_that_impact_com_has_already_counts_as_delivered(
    pushing: Any, fake: FakeImpact, only_entry: Any
) -> None:
    fake.state.rejected["O-1"] = "CONV_DUPLICATE"
    assert pushing(plan_of(1)).is_complete
    assert (only_entry().state, only_entry().codes) == (CONFIRMED, ("CONV_DUPLICATE",))


def test_complete_with_an_error_type_and_no_reason_is_no_success(
    pushing: Any, fake: FakeImpact, monkeypatch: pytest.MonkeyPatch, only_entry: Any
) -> None:
    from fake_impact.state import State as FakeState

    read = FakeState.read
    monkeypatch.setattr(FakeState, "read", lambda self, one: read(self, one) | {"ErrorType": "Validation"})
    fake.state.reads_to_complete = 0
    assert not pushing(plan_of(1)).is_complete
    assert only_entry().codes == ("Validation",)


@pytest.mark.parametrize("wrapped", [True, False])
def test_a_submission_may_be_wrapped_or_flat(pushing: Any, fake: FakeImpact, *, wrapped: bool) -> None:
    fake.state.wrapped = wrapped
    assert pushing(plan_of(2)).is_complete


def test_a_changed_conversion_is_reported_and_not_sent_again(pushing: Any, fake: FakeImpact) -> None:
    pushing(plan_of(2))
    pushed = pushing(plan_of(row(1, amount="99.00"), row(2)))
    assert (pushed.sent, pushed.changed, pushed.is_complete) == (0, 1, True)
    assert len(orders(fake)) == 2


def test_what_was_rejected_is_not_called_changed_because_impact_com_does_not_have_it(
    pushing: Any, fake: FakeImpact, book: Ledger
) -> None:
    fake.state.rejected["O-1"] = "ACTION_REF_NOT_FOUND"
    pushing(plan_of(1))
    mended = plan_of(row(1, amount="99.00"))
    assert preview(mended, book, Choice()).changed == 0
    assert pushing(mended).changed == 0


def test_a_limit_holds_and_the_rest_is_sent_next_time(pushing: Any, fake: FakeImpact) -> None:
    pushed = pushing(plan_of(10), limit=4)
    assert (pushed.sent, pushed.is_complete) == (4, True)
    assert sorted(orders(fake)) == ["O-1", "O-2", "O-3", "O-4"]
    assert pushing(plan_of(10), limit=4).sent == 4
    assert pushing(plan_of(10)).sent == 2


def test_a_limit_holds_also_when_something_is_sent_again(pushing: Any, fake: FakeImpact) -> None:
    fake.script.next.append(Failure.RESET_BEFORE)
    pushed = pushing(plan_of(10), limit=4)
    assert pushed.is_complete
    assert sorted(orders(fake)) == ["O-1", "O-2", "O-3", "O-4"]


def test_a_limit_holds_also_when_what_a_dead_push_left_turns_out_not_to_have_been_taken(
    pushing: Any, fake: FakeImpact, book: Ledger, clock: Any, states: Any
) -> None:
    book.begin(conversions(plan_of(3)), run="R0", now=clock.now())
    assert pushing(plan_of(10), limit=2).sent == 2
    assert sorted(orders(fake)) == ["O-4", "O-5"]
    assert [order for order, state in states().items() if state is PLANNED] == ["O-1", "O-2", "O-3"]
    assert pushing(plan_of(10), limit=2).sent == 2
    assert sorted(orders(fake)) == ["O-1", "O-2", "O-4", "O-5"]


def test_a_conversion_that_is_wrong_is_rejected_at_once_without_repeating_it(
    pushing: Any, fake: FakeImpact, only_entry: Any
) -> None:
    bad = row(1)
    bad["fields"] = [(name, "" if name == "EventDate" else value) for name, value in bad["fields"]]
    assert not pushing(plan_of(bad)).is_complete
    assert (only_entry().state, only_entry().codes) == (REJECTED, ("HTTP_400",))
    assert only_entry().note == "EventDate: Missing required field"
    assert fake.state.requests["POST"] == 1


def test_time_over_leaves_what_is_queued_for_later(pushing: Any, fake: FakeImpact, states: Any) -> None:
    fake.state.reads_to_complete = 99
    pushed = pushing(plan_of(2), settings={"wait": 100})
    assert not pushed.is_complete
    assert states() == {"O-1": QUEUED, "O-2": QUEUED}
    fake.state.complete_all()
    again = pushing(plan_of(2))
    assert (again.sent, again.is_complete) == (0, True)


def test_without_any_wait_what_is_complete_at_once_is_still_seen(pushing: Any, fake: FakeImpact) -> None:
    fake.state.reads_to_complete = 0
    assert pushing(plan_of(3), settings={"wait": 0}).is_complete


def test_refused_credentials_stop_the_run_at_once_and_nothing_is_lost(
    pushing: Any, fake: FakeImpact, states: Any
) -> None:
    fake.state.scopes.remove("conversions")
    pushed = pushing(plan_of(500))
    assert "refuses the credentials" in pushed.stopped
    assert fake.state.requests["POST"] < 20
    assert set(states().values()) == {PLANNED}
    fake.state.scopes.add("conversions")
    assert pushing(plan_of(500)).is_complete
    assert len(orders(fake)) == 500


def test_a_wrong_account_address_is_no_rejection(
    pushing: Any, states: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fake_impact import server
    from fake_impact.routes import Response

    monkeypatch.setattr(server, "answer", lambda *_: Response(404, raw=b""))
    pushed = pushing(plan_of(100))
    assert "404" in pushed.stopped
    assert set(states().values()) == {PLANNED}


def test_a_run_of_failures_stops_the_run(pushing: Any, fake: FakeImpact, states: Any) -> None:
    fake.script.share, fake.script.only, fake.script.kinds = 1.0, "POST", [Failure.ERROR_503]
    pushed = pushing(plan_of(500), settings={"failures": 5})
    assert pushed.stopped.startswith(
        "5 failures in a row, the last: POST Conversions: impact.com answers 503"
    )
    assert set(states().values()) == {PLANNED}
    assert orders(fake) == []


def test_a_bug_among_the_threads_is_raised_and_what_it_hit_is_unknown(
    pushing: Any, states: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mmpsync.push import sender

    def broken(*_: Any) -> str:
        raise ZeroDivisionError

    monkeypatch.setattr(sender, "submit", broken)
    with pytest.raises(ZeroDivisionError):
        pushing(plan_of(3))
    assert UNKNOWN in set(states().values()) <= {UNKNOWN, PLANNED}


def test_an_interrupt_keeps_what_was_finished(
    pushing: Any, fake: FakeImpact, states: Any, book: Any, make_client: Any
) -> None:
    interrupts = iter([KeyboardInterrupt])

    def interrupted(*_: Any) -> None:
        for interrupt in interrupts:
            raise interrupt

    with pytest.raises(KeyboardInterrupt):
        Push(book, make_client(), Settings("R0"), interrupted).send(plan_of(300), Choice())
    taken = set(orders(fake))
    assert len(taken) < 300
    assert {order for order, state in states().items() if state is QUEUED} == taken
    assert {state for order, state in states().items() if order not in taken} <= {PLANNED}
    assert pushing(plan_of(300)).is_complete
    assert len(orders(fake)) == 300


def test_the_ledger_holds_no_credentials_and_no_personal_data_but_order_and_click(
    pushing: Any, fake: FakeImpact, book: Any
) -> None:
    person = row(1)
    person["fields"] += [
        ("CustomerId", "customer-canary-77"),
        ("IpAddress", "192.0.2.77"),
        ("Note", "jane@mail.example"),
    ]
    echoing = row(2)
    echoing["fields"] = [*echoing["fields"], ("EventDate", ""), ("CustomerId", "customer-canary-88")]
    fake.state.envelope = "prose"
    pushing(plan_of(person, echoing))
    content = book.file.read_bytes() + b"".join(path.read_bytes() for path in book.file.parent.glob("*-wal"))
    for canary in ("canary", "192.0.2.77", "jane@mail", SID, dict(person["fields"])["CustomerEmail"]):
        assert canary.encode() not in content
    assert b"O-1" in content
    assert dict(person["fields"])["ClickId"].encode() in content
