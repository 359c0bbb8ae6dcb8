import re
from dataclasses import FrozenInstanceError
from typing import get_args

import pytest

from mmpsync.reasons import BY_CODE, CATALOGUE, VERDICT_MEANINGS, VERDICTS, Fixer, Reason, Severity, Verdict

# The table of reasons as specified: code, verdict, severity, in order of precedence.
SPECIFIED = """
unreadable-row             unreadable    error
not-a-conversion           excluded      info
superseded                 excluded      info
test-row                   excluded      info
rejected-by-mmp            excluded      info
unmapped-event             excluded      info
restricted-source          excluded      info
organic                    excluded      info
other-source               excluded      info
already-credited           excluded      info
reversed-at-impact         excluded      warning
amount-differs             excluded      warning
duplicate-row              duplicate     warning
missing-click-id           unattributed  error
unexpanded-macro           unattributed  error
placeholder-click-id       unattributed  error
malformed-click-id         unattributed  error
foreign-click-id           unattributed  error
click-id-case-changed      unattributed  error
click-id-encoding-changed  unattributed  error
click-id-truncated         unattributed  error
click-export-incomplete    held          info
orphan-click-id            unattributed  error
conversion-before-click    unattributed  error
outside-referral-window    unattributed  error
conflicting-order          duplicate     error
duplicate-order            duplicate     error
missing-parameter          incomplete    error
invalid-time               incomplete    error
future-event               incomplete    error
too-old                    incomplete    error
invalid-amount             incomplete    error
invalid-currency           incomplete    error
value-too-long             incomplete    error
pii-in-parameter           incomplete    error
conflicting-attribution    clean         warning
organic-with-click-id      clean         warning
view-through               clean         warning
short-click-to-install     clean         warning
zero-amount                clean         warning
missing-recommended        clean         info
matched                    clean         none
not-joined                 clean         info
"""

# The codes impact.com documents for a rejected submission (call tracking left out).
IMPACT_ERRORS = {
    "ACTION_REF_NOT_FOUND",
    "NO_VALID_ACTION_REF",
    "OUTSIDE_ASSOCIATION_WINDOW",
    "CONV_DUPLICATE",
    "OID_MISSING",
    "MALFORMED",
    "CONV_MALFORMED",
    "NO_ITEM",
    "ACTIONTRACKER_NOT_FOUND",
    "ACTIONTRACKER_NOT_ACTIVE",
    "ACTIONTRACKER_CAMPAIGN_MISMATCH",
    "CAMPAIGN_NOT_FOUND",
    "CONTRACT_NOT_FOUND",
    "ACTIONTERMS_NOT_FOUND",
    "PARTNER_NOT_ACTIVE",
    "REFTYPE_NOT_ACCEPTED",
    "CREDITING_RULE_MISMATCH",
    "OTHER_REF_PRIORITIZED",
    "UNCLAIMED",
    "MAX_RECURRENCES_REACHED",
    "BLOCKED_BY_PROMOCODE",
    "RESTRICTED_PROMOCODE",
    "BLACKLISTED_SOURCE_IP",
}

every_reason = pytest.mark.parametrize("reason", CATALOGUE, ids=lambda reason: reason.code)


def test_the_catalogue_is_the_specified_table_in_its_order() -> None:
    specified = [tuple(line.split()) for line in SPECIFIED.split("\n") if line]
    assert [(reason.code, reason.verdict, reason.severity) for reason in CATALOGUE] == specified


def test_every_code_is_found_once() -> None:
    assert len(BY_CODE) == len(CATALOGUE)
    assert [BY_CODE[reason.code] for reason in CATALOGUE] == list(CATALOGUE)


def test_nothing_can_change_the_catalogue() -> None:
    with pytest.raises(TypeError):
        BY_CODE["matched"] = CATALOGUE[0]  # type: ignore[index]
    with pytest.raises(FrozenInstanceError):
        CATALOGUE[0].title = "other"  # type: ignore[misc]


def test_every_verdict_is_explained_and_reached() -> None:
    assert set(VERDICTS) == set(get_args(Verdict)) == {reason.verdict for reason in CATALOGUE}
    assert VERDICTS == ("clean", "unattributed", "incomplete", "duplicate", "held", "excluded", "unreadable")
    for verdict, meaning in VERDICT_MEANINGS.items():
        assert meaning.endswith(".")
        assert "\n" not in meaning
        assert len(f"{verdict} - {meaning}") <= 80


def test_only_matched_has_no_severity() -> None:
    assert [reason.code for reason in CATALOGUE if reason.severity == "none"] == ["matched"]


@every_reason
def test_codes_are_kebab_case(reason: Reason) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", reason.code)


@every_reason
def test_verdict_severity_and_fixers_are_known_words(reason: Reason) -> None:
    assert reason.verdict in get_args(Verdict)
    assert reason.severity in get_args(Severity)
    assert reason.fixers
    assert set(reason.fixers) <= set(get_args(Fixer))
    assert len(set(reason.fixers)) == len(reason.fixers)


@every_reason
def test_nobody_stands_alone_and_says_so(reason: Reason) -> None:
    if "nobody" in reason.fixers:
        assert reason.fixers == ("nobody",)
        assert reason.fix.startswith("Nothing to fix.")
    else:
        assert not reason.fix.startswith("Nothing to fix.")


@every_reason
def test_what_an_error_needs_is_never_nobodys_job(reason: Reason) -> None:
    if reason.severity in ("error", "warning"):
        assert reason.fixers != ("nobody",)


@every_reason
def test_titles_fit_a_table_cell(reason: Reason) -> None:
    assert 0 < len(reason.title) <= 40
    assert reason.title[0].isupper()
    assert not reason.title.endswith(".")
    assert "`" not in reason.title


@every_reason
def test_prose_is_whole_sentences_in_single_spaces(reason: Reason) -> None:
    for prose in (reason.meaning, reason.fix):
        assert prose.endswith(".")
        assert prose[0].isupper()
        assert prose == " ".join(prose.split())
        assert prose.isascii(), "printed on terminals that know nothing else"


@every_reason
def test_prose_is_short(reason: Reason) -> None:
    assert 1 <= len(_sentences(reason.meaning)) <= 3
    assert 1 <= len(_sentences(reason.fix)) <= 2


@every_reason
def test_braces_and_angle_brackets_only_in_backquotes(reason: Reason) -> None:
    """Or Markdown and HTML would swallow `sources.<mmp>`."""
    for prose in (reason.meaning, reason.fix):
        assert prose.count("`") % 2 == 0
        plain = "".join(prose.split("`")[::2])
        assert not re.search(r"[<>{}\[\]_*|]", plain)


@every_reason
def test_nothing_but_the_mmps_own_decision_is_called_fraud(reason: Reason) -> None:
    words = f"{reason.title} {reason.meaning} {reason.fix}".lower()
    assert ("fraud" in words) == (reason.code == "rejected-by-mmp")


@every_reason
def test_impact_errors_are_documented_codes(reason: Reason) -> None:
    if reason.impact_error is not None:
        codes = re.findall(r"[A-Z]+(?:_[A-Z]+)+", reason.impact_error)
        assert codes
        assert set(codes) <= IMPACT_ERRORS
        assert reason.impact_error.startswith(codes[0])


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("outside-referral-window", "OUTSIDE_ASSOCIATION_WINDOW"),
        ("conversion-before-click", "OUTSIDE_ASSOCIATION_WINDOW"),
        ("duplicate-order", "CONV_DUPLICATE"),
        ("missing-parameter", "OID_MISSING"),
        ("orphan-click-id", "ACTION_REF_NOT_FOUND"),
        ("malformed-click-id", "CONV_MALFORMED"),
        ("view-through", "REFTYPE_NOT_ACCEPTED"),
    ],
)
def test_the_impact_error_a_reason_would_have_become(code: str, error: str) -> None:
    assert (BY_CODE[code].impact_error or "").startswith(error)


def test_a_row_mmpsync_would_send_and_impact_take_has_no_impact_error() -> None:
    clean = {reason.code for reason in CATALOGUE if reason.verdict == "clean" and reason.impact_error}
    assert clean == {"view-through"}


def _sentences(prose: str) -> list[str]:
    return re.split(r"(?<=\.) (?=[A-Z])|(?<=\.) (?=mmpsync|impact)", prose)
