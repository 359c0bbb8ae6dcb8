"""Fetching the clicks of days: each once, the latest first, as far as impact.com's daily limit goes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from mmpsync.errors import CredentialsError, ImpactError, RateLimitError, RefusedError, UnreachableError
from mmpsync.figures import counted
from mmpsync.impact.click_files import ClickFiles, Note
from mmpsync.impact.clicks import check_export, export_clicks
from mmpsync.impact.client import ImpactClient
from mmpsync.impact.days import Calendar
from mmpsync.impact.jobs import Job, NotReadyError, download_job, replay_job, wait_for_job
from mmpsync.whole import whole_file

__all__ = ["EXPORT_PATIENCE", "ClickFetch", "FetchedClicks"]

EXPORT_PATIENCE = 60.0
"""Seconds for which a client that asks for exports should wait for a limit: that of exports is a daily one."""

_LONGEST_WAIT = 900.0  # seconds; a job usually takes five
_DOWNLOADS = 3
_GONE = 404
_GOES_ON = "run the same command again, which goes on with the same job"


@dataclass
class FetchedClicks:
    """What came of it: the days fetched now, those that were here, and why each of the others is missing."""

    fetched: list[date] = field(default_factory=list)
    here: list[date] = field(default_factory=list)
    missing: dict[date, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ClickFetch:
    """What it takes to fetch clicks.

    Exports have a limit of their own, which must not keep their jobs from being read: `exporter` asks for them,
    `client` does everything else. `calendar` says when a day was over. `told` hears of every day that is fetched.
    """

    files: ClickFiles
    exporter: ImpactClient
    client: ImpactClient
    calendar: Calendar
    told: Callable[[str], None] = lambda _: None

    def fetch(self, days: Sequence[date]) -> FetchedClicks:
        """Fetch what is not here yet. Raises OutputError; what impact.com refuses stands in the result."""
        found = FetchedClicks(here=[day for day in days if self.files.file(day).exists()])
        wanted = sorted(set(days) - set(found.here), reverse=True)
        self._ask(wanted, found)
        self._collect([day for day in wanted if day not in found.missing], found)
        return found

    def _ask(self, days: Sequence[date], found: FetchedClicks) -> None:
        """See that every day has a job: one that is noted, or a new one."""
        stopped = ""
        for day in days:
            if self.files.note(day) is not None:
                continue
            why = stopped
            if not stopped:
                try:
                    self.files.write_note(day, Note(export_clicks(self.exporter, self.files.program, day)))
                except RefusedError as error:
                    why = f"{error}; is {self.files.program} a program of this account?"
                except RateLimitError as error:
                    why = stopped = _no_more_exports(error.until)
                except (CredentialsError, ImpactError) as error:
                    why = stopped = str(error)
            if why:
                found.missing[day] = why

    def _collect(self, days: Sequence[date], found: FetchedClicks) -> None:
        """Wait for the job of each day and keep what it made."""
        until = self.client.clock.now() + _LONGEST_WAIT
        stopped = ""
        if days:
            self.told(f"waiting for {counted(len(days), 'export')}")
        for day in days:
            why = stopped
            if not stopped:
                try:
                    self._fetch_day(day, until)
                except NotReadyError as error:
                    why = f"{error}; {_GOES_ON}"
                except (CredentialsError, UnreachableError, RateLimitError) as error:
                    why = stopped = str(error)  # the next day would fare no better
                except ImpactError as error:
                    why = str(error)
            if why:
                found.missing[day] = why
                continue
            found.fetched.append(day)
            size = self.files.file(day).stat().st_size
            self.told(f"{day}: {size:,} bytes of clicks" if size else f"{day}: no clicks")

    def _fetch_day(self, day: date, until: float) -> None:
        job = self._finish(day, until)
        try:
            self._download(day, job)
        except RefusedError as error:
            if error.status != _GONE or self._noted(day).is_replayed:
                raise
            # impact.com may keep a job for longer than its result.
            self._download(day, self._begin_anew(day, job, until, "has no result any more"))

    def _finish(self, day: date, until: float) -> Job:
        """See the day's job done; it is begun anew, once, if it failed or was begun before the day was over."""
        note = self._noted(day)
        try:
            job = wait_for_job(self.client, note.job, until)
        except RefusedError as error:
            if error.status != _GONE:
                raise
            self.files.drop_note(day)
            raise ImpactError(
                "impact.com does not keep its job any more; run the same command again"
            ) from error
        is_early = job.created is not None and job.created < self.calendar.over_at(day)
        if (job.has_failed or is_early) and not note.is_replayed:
            why = "failed" if job.has_failed else "was begun before the day was over"
            job = self._begin_anew(day, job, until, why)
        if job.has_failed:
            self.files.write_note(day, Note(job.id))  # so that it is begun anew the next time
            said = f" ({job.message})" if job.message else ""
            raise ImpactError(
                f"its job failed at impact.com{said}; run the same command again to begin it anew"
            )
        return job

    def _begin_anew(self, day: date, job: Job, until: float, why: str) -> Job:
        if not job.is_replayable:
            raise ImpactError(f"its job {why}, and impact.com begins it anew for nobody; ask its support")
        replay_job(self.client, job.id)
        self.files.write_note(day, Note(job.id, is_replayed=True))
        return wait_for_job(self.client, job.id, until)

    def _download(self, day: date, job: Job) -> None:
        for left in reversed(range(_DOWNLOADS)):
            try:
                with whole_file(self.files.file(day)) as draft:
                    with download_job(self.client, job.id) as pieces, draft.open("wb") as stream:
                        stream.writelines(pieces)
                    check_export(draft)
                break
            except UnreachableError:  # it broke off
                if not left:
                    raise
        self.files.drop_note(day)

    def _noted(self, day: date) -> Note:
        note = self.files.note(day)
        if note is None:
            raise ImpactError("the note of its job is gone; run the same command again")
        return note


def _no_more_exports(until: float) -> str:
    when = datetime.fromtimestamp(until, UTC)
    return (
        f"impact.com makes no more exports before {when:%Y-%m-%d %H:%M} UTC (its usual limit is ten a day);"
        " run the same command again then"
    )
