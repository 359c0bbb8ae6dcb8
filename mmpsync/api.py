"""The Python API's verbs: arguments in, a finished Run or Check out. Heavy imports wait until a verb is called."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from mmpsync.errors import ConfigError, InputError

if TYPE_CHECKING:
    from mmpsync.config import Config
    from mmpsync.ingest.inputs import Role
    from mmpsync.preflight.findings import Finding
    from mmpsync.preflight.result import Check
    from mmpsync.run import Run

__all__ = ["check", "read_moment", "reconcile"]

Paths = str | Path | Sequence[str | Path]


def reconcile(  # noqa: PLR0913  every input is one
    exports: Paths = (),
    *,
    conversions: Paths = (),
    clicks: Paths = (),
    actions: Paths = (),
    sources: Mapping[str, Paths] | None = None,
    config: "Config | str | Path | Mapping[str, object] | None" = None,
    as_of: datetime | str | None = None,
    out: str | Path | None = None,
    baseline: "Run | str | Path | None" = None,
    with_source_columns: bool = False,
    progress: Callable[[str], None] = lambda stage: None,  # noqa: ARG005  told a stage, does nothing
) -> "Run":
    """Judge every conversion of the exports and return the finished run.

    `exports` are files, folders or patterns, each recognised by its content; `conversions`, `clicks`
    and `actions` name files that are to be read as these; `sources` maps a source ("appsflyer", "kochava", …)
    to files that are to be read as its exports, whatever they hold. `config` is a loaded Config, the path
    of an mmpsync.toml (default: ./mmpsync.toml, if there is one), or a mapping of what would stand in one. `as_of` (UTC when it has no zone) is the
    time that ages are measured from, default now. The run directory is `out`; without one, the rows live in a
    temporary directory for as long as the returned Run. `baseline` is an earlier run, or its directory, to compare
    with. `with_source_columns` keeps each row's original columns. `progress` is told each stage of
    `mmpsync.pipeline.STAGES` as it begins.

    Raises InputError, UnrecognisedInputError, ConfigError or OutputError; a failed gate is no error.
    """
    started = datetime.now(UTC)
    paths: dict[Role, list[str]] = {
        "any": _list(exports),
        "conversions": _list(conversions),
        "clicks": _list(clicks),
        "actions": _list(actions),
    }
    forced = {source: _list(given) for source, given in (sources or {}).items()}
    if not any((*paths.values(), *forced.values())):
        raise InputError("no input: name the exports to read (files, folders or patterns)")
    moment = started if as_of is None else read_moment(as_of)

    from mmpsync.config import Config, load_config  # noqa: PLC0415
    from mmpsync.pipeline import Job, execute  # noqa: PLC0415
    from mmpsync.run import Run  # noqa: PLC0415

    job = Job(
        paths=paths,
        sources=forced,
        config=config if isinstance(config, Config) else load_config(config),
        started=started,
        as_of=moment,
        out=None if out is None else Path(out),
        baseline=baseline if baseline is None or isinstance(baseline, Run) else Run.load(baseline),
        with_source_columns=with_source_columns,
    )
    return execute(job, progress)


def check(  # noqa: PLR0913  every input is one
    exports: Paths = (),
    *,
    clicks: Paths = (),
    sources: Mapping[str, Paths] | None = None,
    links: Sequence[str] = (),
    config: "Config | str | Path | Mapping[str, object] | None" = None,
    as_of: datetime | str | None = None,
    online: bool = False,
    api_url: str | None = None,
    progress: Callable[[str], None] = lambda stage: None,  # noqa: ARG005  told a stage, does nothing
) -> "Check":
    """Say before launch whether impact.com's ClickId and all that the brand pays on will arrive.

    `exports` are those of a test campaign, or of yesterday, given as to `reconcile`; with `clicks`, their ClickIds are
    looked up. `links` are tracking links. The configuration is checked unless only links are given. `online` asks
    impact.com, read-only, whether it knows the credentials (of the environment) and the program; `api_url` is another
    address than impact.com's to ask. `as_of` and `progress` are those of `reconcile`.

    Raises InputError, UnrecognisedInputError or ConfigError; what is found is no error.
    """
    started = datetime.now(UTC)
    moment = started if as_of is None else read_moment(as_of)
    from mmpsync.config import Config, load_config  # noqa: PLC0415
    from mmpsync.preflight.checking import Task, perform  # noqa: PLC0415

    loaded = config if isinstance(config, Config) else load_config(config)
    forced = {source: _list(given) for source, given in (sources or {}).items()}
    paths: dict[Role, list[str]] = {"any": _list(exports), "clicks": _list(clicks)}
    job = None
    if paths["any"] or any(forced.values()):
        from mmpsync.pipeline import Job  # noqa: PLC0415

        job = Job(
            paths=paths, sources=forced, config=loaded, started=started, as_of=moment, before_launch=True
        )
    elif paths["clicks"]:
        raise InputError("clicks alone show nothing of a launch: name the exports to check as well")
    task = Task(
        config=loaded,
        started=started,
        as_of=moment,
        job=job,
        links=tuple(links),
        configuration=job is not None or online or not links,
        ask=partial(_ask, loaded, started, api_url) if online else None,
    )
    return perform(task, progress)


def _ask(config: "Config", now: datetime, api_url: str | None) -> "tuple[Finding, ...]":
    from mmpsync.impact.addresses import API_URL  # noqa: PLC0415
    from mmpsync.impact.client import ImpactClient  # noqa: PLC0415
    from mmpsync.impact.credentials import Credentials  # noqa: PLC0415
    from mmpsync.preflight.online import PATIENCE, ask_impact  # noqa: PLC0415

    def connect() -> ImpactClient:
        return ImpactClient(Credentials.from_environment(), api_url=api_url or API_URL, patience=PATIENCE)

    return ask_impact(config, now, connect)


def _list(paths: Paths) -> list[str]:
    return [str(paths)] if isinstance(paths, str | Path) else [str(path) for path in paths]


def read_moment(as_of: datetime | str) -> datetime:
    """Read the time that ages are measured from. Raises ConfigError for text that is no time."""
    try:
        moment = datetime.fromisoformat(as_of) if isinstance(as_of, str) else as_of
    except ValueError as error:
        raise ConfigError(
            f"--as-of {as_of!r}: not a time; write it like 2026-03-01T08:00:00Z (UTC when no zone is given)"
        ) from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
