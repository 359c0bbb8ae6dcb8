"""Which request does what: paths, parameters, documented limits, and how answers are written."""

import csv
import io
import json
import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit
from xml.sax.saxutils import escape

from fake_impact.state import SID, TOKEN, Job, Limit, State

__all__ = ["Request", "Response", "answer"]

ACCOUNT = f"/Advertisers/{SID}/"
DEFAULT_PAGE, ACTIONS_PAGE, SMALLEST_ACTIONS_PAGE, MOST_PAGES = 1000, 20000, 2000, 10
WIDEST_WINDOW, FURTHEST_BACK = timedelta(days=45), timedelta(days=3 * 366)
FIRST_CLICK_DAY = "2024-04-10"


@dataclass
class Request:
    method: str
    target: str
    headers: Mapping[str, str]
    body: str = ""

    @property
    def path(self) -> str:
        return unquote(urlsplit(self.target).path)

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))


@dataclass
class Response:
    status: int
    document: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None

    def encoded(self, *, as_json: bool) -> tuple[bytes, str]:
        if self.raw is not None:
            return self.raw, self.headers.get("Content-Type", "application/octet-stream")
        if as_json:
            return json.dumps(self.document).encode(), "application/json"
        return f"<ImpactRadiusResponse>{as_xml(self.document)}</ImpactRadiusResponse>".encode(), "text/xml"


def as_xml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "".join(
            f"<{key.lstrip('@')}>{as_xml(inner)}</{key.lstrip('@')}>" for key, inner in value.items()
        )
    if isinstance(value, list):
        return "".join(f"<item>{as_xml(inner)}</item>" for inner in value)
    return escape(str(value))


def error(state: State, status: int, *problems: tuple[str, str]) -> Response:
    """An error in the envelope that the state says."""
    if state.envelope == "prose":
        errors = [{"Field": name, "Message": message} for name, message in problems]
        return Response(status, {"Status": "ERROR", "Message": "Validation Failed", "Errors": errors})
    listed = [{"field": name, "level": "ERROR", "message": message} for name, message in problems]
    return Response(status, {"Status": "ERROR", "errors": listed})


def answer(state: State, request: Request) -> Response:
    path = request.path
    if path.startswith("/signed/"):
        return _signed(state, request)
    if _authorization(request) != f"{SID}:{TOKEN}":
        return Response(401, raw=b"<html>Unauthorized</html>", headers={"Content-Type": "text/html"})
    if request.headers.get("ir-version") is None:
        state.problems.append("a request without IR-Version")
    return _limited(state) or _routed(state, request, path.removeprefix(ACCOUNT))


def _routed(state: State, request: Request, inner: str) -> Response:
    for method, pattern, scope, route in ROUTES:
        if request.method == method and (found := re.fullmatch(pattern, inner)):
            if scope not in state.scopes:
                return error(state, 403, ("", "Access Denied"))
            return route(state, request, *found.groups())
    return Response(404, {"Status": "ERROR", "Message": "Not found"})


def _authorization(request: Request) -> str:
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    return b64decode(value).decode() if kind == "Basic" else ""


def _limited(state: State) -> Response | None:
    limit = state.limit
    if limit is None:
        return None
    now = state.now().timestamp()
    if now >= limit.began + limit.seconds:
        limit.began, limit.used = now, 0
    limit.used += 1
    if limit.used <= limit.requests:
        return None
    return Response(429, {"Status": "ERROR", "Message": "Rate limit"}, limit_headers(limit, now))


def limit_headers(limit: Limit, now: float) -> dict[str, str]:
    until = limit.began + limit.seconds
    wait = str(max(1, round(until - now + 0.5)))
    if limit.style == "retry-after":
        return {"Retry-After": wait}
    if limit.style == "hour":
        return {
            "X-RateLimit-Limit-hour": str(limit.requests),
            "X-RateLimit-Remaining-hour": "0",
            "RateLimit-Reset": wait,
        }
    reset = str(round(until + 0.5)) if limit.style == "epoch" else wait
    return {
        "X-RateLimit-Limit": str(limit.requests),
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": reset,
    }


def _convert(state: State, request: Request) -> Response:
    if request.headers.get("content-type", "").partition(";")[0] != "application/x-www-form-urlencoded":
        return error(state, 400, ("", "Not a form"))
    if request.query:
        state.problems.append("conversion fields in the address")
    pairs = parse_qsl(request.body, keep_blank_values=True, strict_parsing=True)
    form = dict(pairs)
    wrong = [
        (name, "Missing required field")
        for name in ("CampaignId", "EventDate", "OrderId")
        if not form.get(name)
    ]
    if len(form) < len(pairs):
        wrong.append(("", "Field given twice"))
    if not any(form.get(name) for name in ("ActionTrackerId", "EventTypeId", "EventTypeCode")):
        wrong.append(("ActionTrackerId", "Missing required field"))
    if form.get("CampaignId") and not form["CampaignId"].isdigit():
        wrong.append(("CampaignId", "Not a numeric value"))
    if wrong:
        return error(state, 400, *wrong)
    submission = state.accept(form, request.body)
    return Response(200, {"Status": "QUEUED", "QueuedUri": f"{ACCOUNT}APISubmissions/{submission.id}"})


def _submission(state: State, _: Request, number: str) -> Response:
    submission = state.submissions.get(number)
    if submission is None:
        return Response(404, {"Status": "ERROR", "Message": "Not found"})
    found = state.read(submission)
    return Response(200, {"APISubmission": found} if state.wrapped else found)


def _submissions(state: State, request: Request) -> Response:
    rows = list(state.submissions.values())
    page = _page(state, request, len(rows), DEFAULT_PAGE)
    return Response(200, page.document | {"APISubmission": [state.read(row) for row in rows[page.rows]]})


def _actions(state: State, request: Request) -> Response:
    query = request.query
    if not query.get("CampaignId"):
        return error(state, 400, ("CampaignId", "Missing required field"))
    if int(query.get("PageSize", ACTIONS_PAGE)) < SMALLEST_ACTIONS_PAGE:
        return error(state, 400, ("PageSize", f"At least {SMALLEST_ACTIONS_PAGE}"))
    rows = [row for row in state.actions if row["CampaignId"] == query["CampaignId"]]
    try:
        rows = _in_windows(state, query, rows)
    except ValueError as wrong:
        return error(state, 400, ("", str(wrong)))
    page = _page(state, request, len(rows), ACTIONS_PAGE)
    if page.count > MOST_PAGES:
        return error(state, 400, ("", "Too many records; narrow the window"))
    return Response(200, page.document | {"Actions": rows[page.rows]})


def _in_windows(state: State, query: Mapping[str, str], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows that the filters ask for; raises ValueError for a window that impact.com refuses."""
    if wanted := query.get("State"):
        rows = [row for row in rows if row["State"] == wanted]
    for start, end, column in (
        ("StartDate", "EndDate", "CreationDate"),
        ("ActionDateStart", "ActionDateEnd", "EventDate"),
    ):
        if (start in query) != (end in query):
            raise ValueError(f"{start}: both or neither")
        if start in query:
            first, last = _time(query[start]), _time(query[end])
            if last - first > WIDEST_WINDOW:
                raise ValueError(f"{start}: window of more than 45 days")
            if first < state.now() - FURTHEST_BACK:
                raise ValueError(f"{start}: more than 3 years ago")
            rows = [row for row in rows if first <= _time(row[column]) <= last]
    return rows


def _time(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


@dataclass
class _Page:
    rows: slice
    count: int
    document: dict[str, str]


def _page(state: State, request: Request, total: int, default: int) -> _Page:
    query = request.query
    size = state.page_size or int(query.get("PageSize", default))
    number = int(query.get("Page", 1))
    count = max(1, -(-total // size))
    start = (number - 1) * size

    def uri(page: int) -> str:
        return (
            f"{urlsplit(request.target).path}?{urlencode({**query, 'Page': page})}"
            if 1 <= page <= count
            else ""
        )

    document = {
        "@page": str(number),
        "@numpages": str(count),
        "@pagesize": str(size),
        "@total": str(total),
        "@start": str(start),
        "@end": str(min(start + size, total)),
        "@uri": request.target,
        "@firstpageuri": uri(1),
        "@nextpageuri": uri(number + 1),
        "@previouspageuri": uri(number - 1),
        "@lastpageuri": uri(count),
    }
    return _Page(slice(start, start + size), count, document)


def _program(state: State, _: Request, number: str) -> Response:
    if number not in state.programs:
        return Response(404, {"Status": "ERROR", "Message": "Not found"})
    uri = f"{ACCOUNT}Campaigns/{number}"
    return Response(200, {"Id": number, "Name": "Fake program", "State": state.programs[number], "Uri": uri})


def _export(state: State, request: Request, program: str) -> Response:
    query = request.query
    if program not in state.programs:
        return Response(404, {"Status": "ERROR", "Message": "Not found"})
    date = query.get("Date", f"{state.now():%Y-%m-%d}")
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", date) or date < FIRST_CLICK_DAY:
        return error(state, 400, ("Date", "Not a date after 2024-04-09"))
    job = state.export(program, date, query.get("ResultFormat", "CSV").upper())
    if job is None:
        now = state.now()
        wait = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0) - now
        limit = Limit(state.exports_per_day, wait.total_seconds(), began=now.timestamp())
        return Response(429, {"Status": "ERROR"}, limit_headers(limit, now.timestamp()))
    base = f"{ACCOUNT}Jobs/{job.id}"
    uris = {"QueuedUri": base, "ResultUri": f"{base}/Download", "ReplayUri": f"{base}/Replay"}
    return Response(200, {"Status": "QUEUED", **uris})


def _described(state: State, job: Job) -> dict[str, Any]:
    status = "COMPLETED" if job.is_complete else "RUNNING" if job.reads > 1 else "QUEUED"
    if job.is_complete and job.date in state.failing:
        status = "FAILED"
    return {
        "Id": job.id,
        "Type": "ClickExport",
        "ProgramId": job.program,
        "Status": status,
        "StatusMessage": state.failing.get(job.date, ""),
        "CreatedDate": job.created.isoformat(),
        "CompletedDate": "2026-01-01T00:00:00Z",  # filled also while it runs, as in the documents' examples
        "RecordsProcessed": "0",
        "Replayable": "true" if job.is_complete and state.replayable else "false",
        "ResultUri": f"{ACCOUNT}Jobs/{job.id}/Download",
    }


def _job(state: State, _: Request, number: str) -> Response:
    job = state.jobs.get(number)
    if job is None:
        return Response(404, {"Status": "ERROR", "Message": "Not found"})
    state.work_on(job)
    return Response(200, _described(state, job))


def _download(state: State, request: Request, number: str) -> Response:
    job = state.jobs.get(number)
    if job is None or job.is_expired or (job.is_complete and job.date in state.failing):
        return Response(404, {"Status": "ERROR", "Message": "Not found"})
    if not job.is_complete:
        state.work_on(job)
        return Response(202, _described(state, job))
    if request.query.get("Mode") == "Stream":
        return _file(job)
    address = f"{state.signed_at}/signed/{job.id}?signature=for-this-file-only"
    return Response(302, {}, {"Location": address})


def _signed(state: State, request: Request) -> Response:
    if "authorization" in request.headers:
        state.problems.append("credentials sent to a signed address")
    job = state.jobs.get(request.path.removeprefix("/signed/"))
    if job is None or request.query.get("signature") != "for-this-file-only":
        return Response(403, raw=b"<Error>AccessDenied</Error>")
    return _file(job)


def _file(job: Job) -> Response:
    rows = job.rows
    if job.form == "JSON":
        return Response(200, raw=json.dumps(rows).encode(), headers={"Content-Type": "application/json"})
    text = io.StringIO()
    if rows:
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return Response(200, raw=text.getvalue().encode(), headers={"Content-Type": "text/csv"})


def _replay(state: State, _: Request, number: str) -> Response:
    job = state.jobs.get(number)
    if job is None or not job.is_complete:
        return error(state, 403, ("", "Not replayable"))
    job.replays, job.reads, job.is_complete = job.replays + 1, 0, False
    return Response(200, {"Status": "QUEUED", "QueuedUri": f"{ACCOUNT}Jobs/{job.id}"})


ROUTES = (
    ("POST", "Conversions", "conversions", _convert),
    ("GET", "APISubmissions/([^/]+)", "submissions", _submission),
    ("GET", "APISubmissions", "submissions", _submissions),
    ("GET", "Actions", "actions", _actions),
    ("GET", "Campaigns/([^/]+)", "programs", _program),
    ("GET", "Programs/([^/]+)/ClickExport", "clicks", _export),
    ("GET", "Jobs/([^/]+)", "jobs", _job),
    ("GET", "Jobs/([^/]+)/Download", "jobs", _download),
    ("PUT", "Jobs/([^/]+)/Replay", "jobs", _replay),
)
