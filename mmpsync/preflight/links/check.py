"""A tracking link under examination: the steps, and what comes of them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from mmpsync.config import Config
from mmpsync.preflight.findings import Finding
from mmpsync.preflight.links.adjust import check_column, check_tracker, tracker_of
from mmpsync.preflight.links.case import Case, Remark, short, shown
from mmpsync.preflight.links.catalogue import BY_CODE
from mmpsync.preflight.links.click_id import check_place, check_room, check_value
from mmpsync.preflight.links.hash import check_hash
from mmpsync.preflight.links.host import is_store, mend_host
from mmpsync.preflight.links.kinds import LANDING
from mmpsync.preflight.links.own_links import check_program, check_target, check_values, program_of
from mmpsync.preflight.links.recognise import recognise, telling_names
from mmpsync.preflight.links.url import Link
from mmpsync.preflight.links.whose import (
    app_of,
    check_app,
    check_click,
    check_other_values,
    check_partner,
    partner_of,
)
from mmpsync.preflight.links.wrapping import taken_out
from mmpsync.preflight.links.writing import mend_writing

__all__ = ["LinkReport", "LinkVerdict", "Understood", "check_link", "inspect_link"]

LinkVerdict = Literal["ready", "not ready", "cannot tell"]

_Step = Callable[[Case], Case]

_OF_OTHERS: tuple[_Step, ...] = (
    check_hash, check_click, check_app, check_partner, check_tracker, check_place, check_value, check_room, check_column,
    check_other_values,
)  # fmt: skip
_OF_IMPACT: tuple[_Step, ...] = (check_app, check_program, check_target, check_values)


@dataclass(frozen=True, kw_only=True)
class Understood:
    """What a link says, as far as it says it: each None where it does not, or where that kind of link does not need to.

    `click_id_parameter` is the parameter that carries the ClickId, whatever stands in it.
    """

    partner: str | None = None
    click_id_parameter: str | None = None
    app: str | None = None
    tracker: str | None = None
    program: str | None = None


@dataclass(frozen=True, kw_only=True)
class LinkReport:
    """What was found out about one link: `url` as given; `kind` is its key in `kinds.KINDS`, None if nothing tells."""

    url: str
    kind: str | None
    title: str
    understood: Understood
    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> LinkVerdict:
        """Not ready with an error; cannot tell for a link of no known kind."""
        if any(finding.level == "error" for finding in self.findings):
            return "not ready"
        return "ready" if self.kind else "cannot tell"

    @property
    def summary(self) -> str:
        """All in a line, as in "AppsFlyer link, partner impactradius_int, ClickId in clickid: ready"."""
        found = self.understood
        parts = (
            ("app", found.app),
            ("partner", found.partner),
            ("tracker", found.tracker),
            ("program", found.program),
            ("ClickId in", found.click_id_parameter),
        )
        said = "".join(f", {word} {short(value)}" for word, value in parts if value)
        return f"{self.title}{said}: {self.verdict}"

    @property
    def corrected(self) -> str | None:
        """The link with everything mended that was wrong in it, or None."""
        return next((finding.corrected for finding in self.findings if finding.corrected), None)


def check_link(url: str, config: Config) -> tuple[Finding, ...]:
    """Return what is wrong with a tracking link, or worth a look; nothing for one that is ready."""
    return inspect_link(url, config).findings


def inspect_link(url: str, config: Config) -> LinkReport:
    """Take a tracking link apart and say what was understood and found. Any text will do; nothing is fetched.

    A correction is the whole link with every fault mended. It is given only when it passes this very check without
    an error.
    """
    case, remarks = _examine(url, config)
    corrected = _correction(case, remarks, config)
    findings = tuple(_finding(url, remark, corrected) for remark in remarks)
    if case is None:
        is_to_store = any(remark.code == "store-page" for remark in remarks)
        title = "Store page" if is_to_store else "Unknown link"
        return LinkReport(url=url, kind=None, title=title, understood=Understood(), findings=findings)
    link, _ = _mended(url, config)
    assert link is not None
    return LinkReport(
        url=url,
        kind=case.kind.key,
        title=case.kind.title if case.kind is LANDING else f"{case.kind.title} link",
        understood=_understood(replace(case, link=link)),
        findings=findings,
    )


def _examine(url: str, config: Config) -> tuple[Case | None, tuple[Remark, ...]]:
    """Go through the steps; no case for a link of no known kind."""
    link, remarks = _mended(url, config)
    if link is None:
        return None, remarks
    kind = recognise(link, config)
    if is_store(link):
        message = f"{shown(link.host)} is an app store, and no MMP sees who goes there."
        return None, (*remarks, Remark("store-page", message))
    if kind is None:
        message = f"Nothing tells what kind of link leads to {shown(link.host)}."
        return None, (*remarks, Remark("unknown-link", message))
    case = Case(link, kind, config, remarks)
    for step in _OF_OTHERS if kind.carries_click_id else _OF_IMPACT:
        case = step(case)
    return case, case.remarks


def _mended(url: str, config: Config) -> tuple[Link | None, tuple[Remark, ...]]:
    """The link as it was meant to be written and addressed; None where no web address can be made of it."""
    link, remarks = mend_writing(url, telling_names(config))
    if link is None:
        return None, remarks
    inner = taken_out(link)
    if inner is not None:
        text, wrapped = inner
        link, of_inner = _mended(text, config)
        return link, (wrapped, *of_inner)
    link, of_host = mend_host(link)
    return link, (*remarks, *of_host)


def _correction(case: Case | None, remarks: tuple[Remark, ...], config: Config) -> str | None:
    if case is None or not any(remark.is_mended for remark in remarks):
        return None
    mended = str(case.link)
    _, left = _examine(mended, config)
    return None if any(BY_CODE[remark.code].level == "error" for remark in left) else mended


def _finding(url: str, remark: Remark, corrected: str | None) -> Finding:
    fault = BY_CODE[remark.code]
    return Finding(
        code=fault.code,
        level=fault.level,
        subject=url,
        message=remark.message,
        fix=remark.fix or fault.fix,
        corrected=corrected if remark.is_mended else None,
    )


def _understood(case: Case) -> Understood:
    carriers = case.link.named(*case.names) if case.kind.carries_click_id else ()
    return Understood(
        partner=partner_of(case),
        click_id_parameter=carriers[0].name if carriers else None,
        app=app_of(case),
        tracker=tracker_of(case),
        program=program_of(case.link) if case.kind.key == "impact" else None,
    )
