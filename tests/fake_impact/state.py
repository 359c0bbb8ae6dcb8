"""What impact.com would know: submissions, actions, clicks and jobs. Used by the server's thread; read by tests."""

import itertools
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

__all__ = ["SID", "TOKEN", "Job", "Limit", "State", "Submission"]

# Shaped like real ones, which begin with IR and end with 1, and plainly not real.
SID = "IRfakeAccountForTestsOnlyNotReal01"
TOKEN = "fake-token-for-tests_only.not.real"
Key = tuple[str, str, str, str]
DUPLICATE = "CONV_DUPLICATE"


@dataclass
class Limit:
    """So many requests in so many seconds; `style` is how the headers of the answers are written."""

    requests: int
    seconds: float
    style: str = "seconds"  # or "epoch", "hour", "retry-after"
    used: int = 0
    began: float = 0.0


@dataclass
class Submission:
    id: str
    form: Mapping[str, str]
    body: str
    at: datetime
    kind: str = "Conversion"
    reads: int = 0
    is_complete: bool = False
    codes: str = ""

    @property
    def key(self) -> Key:
        """Program, event, event code and order: what impact.com tells conversions apart by."""
        form = self.form
        event = form.get("ActionTrackerId") or form.get("EventTypeId") or form.get("EventTypeCode") or ""
        return form["CampaignId"], event, form.get("EventCode", ""), form["OrderId"]


@dataclass
class Job:
    id: str
    program: str
    date: str
    form: str
    created: datetime
    reads: int = 0
    replays: int = 0
    is_complete: bool = False
    is_expired: bool = False  # its result is kept no longer
    rows: list[dict[str, Any]] = field(default_factory=list)  # the clicks that there were when it completed


@dataclass
class State:
    """Knobs first, then what has happened.

    A submission is complete after being read `reads_to_complete` times, a job after `reads_to_finish`. `rejected`
    maps an order id to the codes it is refused with; `reject` decides in general. With `oid_window` an order that
    was seen before is a duplicate; without, it becomes a second action.
    """

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    reads_to_complete: int = 1
    reads_to_finish: int = 2
    rejected: dict[str, str] = field(default_factory=dict)
    reject: Callable[[Mapping[str, str]], str] = lambda _: ""
    oid_window: bool = True
    envelope: str = "openapi"  # or "prose"
    wrapped: bool = False
    page_size: int | None = None  # rows a page, whatever is asked for
    scopes: set[str] = field(
        default_factory=lambda: {"conversions", "submissions", "actions", "clicks", "jobs", "programs"}
    )
    limit: Limit | None = None
    clicks: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=dict)
    exports_per_day: int = 10
    failing: dict[str, str] = field(default_factory=dict)
    replayable: bool = True
    programs: dict[str, str] = field(default_factory=lambda: {"1000": "ACTIVE"})
    signed_at: str = ""

    submissions: dict[str, Submission] = field(default_factory=dict)
    actions: list[dict[str, Any]] = field(default_factory=list)
    jobs: dict[str, Job] = field(default_factory=dict)
    exports: Counter[str] = field(default_factory=Counter)
    requests: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)  # what a client must never do
    _orders: set[Key] = field(default_factory=set)
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    def accepted(self) -> Counter[Key]:
        """How often each conversion was taken."""
        return Counter(submission.key for submission in self.submissions.values())

    def accept(self, form: Mapping[str, str], body: str, kind: str = "Conversion") -> Submission:
        submission = Submission(f"A-{uuid.UUID(int=next(self._numbers))}", form, body, self.now(), kind)
        self.submissions[submission.id] = submission
        return submission

    def complete(self, submission: Submission) -> None:
        """Process one: rejected, or an action."""
        if submission.is_complete:
            return
        submission.is_complete = True
        form, key = submission.form, submission.key
        submission.codes = self.rejected.get(form["OrderId"], "") or self.reject(form)
        if not submission.codes and self.oid_window and key in self._orders:
            submission.codes = DUPLICATE
        if not submission.codes:
            self._orders.add(key)
            self.add_action(form)

    def complete_all(self) -> None:
        for submission in self.submissions.values():
            self.complete(submission)

    def read(self, submission: Submission) -> dict[str, Any]:
        """The object that APISubmissions/… shows; being asked for it moves it on."""
        if submission.reads >= self.reads_to_complete:
            self.complete(submission)
        status = "Complete" if submission.is_complete else "In Progress" if submission.reads else "Queued"
        submission.reads += 1
        form, codes = submission.form, submission.codes
        at = submission.at.astimezone(UTC) - timedelta(hours=7)
        return {
            "BatchId": submission.id,
            "AccountId": "1234567",
            "SubmissionDate": f"{at:%Y-%m-%dT%H:%M:%S}-07:00",
            "CampaignId": form["CampaignId"],
            "ActionTrackerId": form.get("ActionTrackerId") or form.get("EventTypeId") or "",
            "MediaPartnerId": "2000" if submission.is_complete and not codes else "",
            "EventCode": form.get("EventCode", ""),
            "OrderId": form["OrderId"],
            "Payload": submission.body,
            "Type": submission.kind,
            "Status": status,
            "CompletionDate": f"{at:%Y-%m-%dT%H:%M:%S}-07:00" if submission.is_complete else "",
            "ErrorType": "Contract Error" if codes else "",
            "ErrorReason": codes,
            "Uri": f"/Advertisers/{SID}/APISubmissions/{submission.id}",
        }

    def add_action(self, form: Mapping[str, str], **other: Any) -> dict[str, Any]:
        number = len(self.actions) + 1
        now = self.now()
        action = {
            "Id": f"M.1111.2222.{number}" if "EventCode" in form else f"1111.2222.{number}",
            "CampaignId": form["CampaignId"],
            "CampaignName": "Fake program",
            "ActionTrackerId": form.get("ActionTrackerId") or form.get("EventTypeId") or "",
            "ActionTrackerName": "Fake event",
            "EventCode": form.get("EventCode", ""),
            "MediaPartnerId": "2000",
            "MediaPartnerName": "Fake partner",
            "State": "PENDING",
            "Payout": "1.00",
            "Amount": form.get("Amount", "0.00"),
            "Currency": form.get("CurrencyCode", ""),
            "ReferringDate": "",
            "EventDate": form["EventDate"],
            "CreationDate": now.isoformat(),
            "LockingDate": "",
            "Oid": form["OrderId"],
            "CustomerId": form.get("CustomerId", ""),
            "Uri": f"/Advertisers/{SID}/Actions/{number}",
        }
        self.actions.append(action | other)
        return self.actions[-1]

    def export(self, program: str, date: str, form: str) -> Job | None:
        """The job of a request that was made before, a new one, or None when today's are used up."""
        for job in self.jobs.values():
            if (job.program, job.date, job.form) == (program, date, form):
                return job
        today = f"{self.now():%Y-%m-%d}"
        if self.exports[today] >= self.exports_per_day:
            return None
        self.exports[today] += 1
        job = Job(str(uuid.UUID(int=next(self._numbers))), program, date, form, self.now())
        self.jobs[job.id] = job
        return job

    def work_on(self, job: Job) -> None:
        """Being asked for a job moves it on."""
        job.reads += 1
        if not job.is_complete and job.reads > self.reads_to_finish:
            job.is_complete, job.is_expired = True, False
            job.rows = list(self.clicks.get((job.program, job.date), []))
