import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmpsync.conclusions import GateCondition, GateResult
from mmpsync.masking import harmless
from mmpsync.report.formats import FORMATS
from mmpsync.run import Run
from mmpsync.summaries import FileSummary, ReasonFile

COMMAND = re.compile(r"##vso\[task\.logissue (?P<properties>[^\]]*)\](?P<message>.*)")


def commands(run: Run) -> list[dict[str, str]]:
    """The commands in a log, read as an agent does: a line with the mark anywhere is one."""
    found = []
    for line in str(FORMATS["azure"].render(run)).splitlines():
        if "##vso[" in line:
            match = COMMAND.fullmatch(line)
            assert match, line
            properties = dict(each.split("=", 1) for each in match["properties"].split(";") if each)
            decoded = {name: unescaped(value) for name, value in properties.items()}
            found.append({"message": unescaped(match["message"])} | decoded)
    return found


def unescaped(text: str) -> str:
    codes = {"%3B": ";", "%0D": "\r", "%0A": "\n", "%5D": "]"}
    for code, character in codes.items():
        text = re.sub(code, character, text, flags=re.IGNORECASE)
    return text.replace("%AZP25", "%")


def found_in(run: Run, path: str) -> Run:
    files = (ReasonFile(path=path, first_row=3, rows=7),)
    reasons = tuple(r.model_copy(update={"files": files}) for r in run.reason_summaries)
    file = FileSummary(path=path, source="x", title="X", holds="conversions", format="csv", rows=9)
    return run.model_copy(update={"reason_summaries": reasons, "files": (file,)})


def test_there_is_one_for_each_reason_and_ten_at_most(run: Run) -> None:
    shown = commands(run)
    assert len(shown) == 10
    assert [c.get("code") for c in shown[:3]] == [None, "missing-click-id", "missing-parameter"]
    assert {c["type"] for c in shown} == {"error"}


def test_it_says_how_much_where_and_what_to_do(run: Run) -> None:
    shown = next(c for c in commands(found_in(run, "exports/a.csv")) if c.get("code") == "missing-click-id")
    assert shown["message"].splitlines()[0] == (
        "ClickId is missing: 12,034 rows (8.9% of scope), 451,200.50 EUR and 33,330.10 USD at risk."
    )
    assert (shown["sourcepath"], shown["linenumber"]) == ("exports/a.csv", "4")


def test_a_share_is_written_plainly_for_agents_that_do_not_decode_it(run: Run) -> None:
    assert "(8.9% of scope)" in str(FORMATS["azure"].render(run))


# What a gate found is written as a number if it is one.
NASTY = st.text(st.sampled_from("a%0D3BAZP25:;,=]\n\r\x1b#[vso/"), min_size=1, max_size=30).filter(
    lambda text: not text.isdecimal()
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(NASTY)
def test_no_name_ends_a_command_or_begins_one(run: Run, nasty: str) -> None:
    conditions = (GateCondition(name=nasty, limit=nasty, value=nasty, passed=False),)
    gate = GateResult(passed=False, conditions=conditions)
    shown = commands(found_in(run, nasty).model_copy(update={"gate": gate}))
    assert len(shown) == 10
    assert {c["sourcepath"] for c in shown if "sourcepath" in c} == {harmless(nasty)}
    assert shown[0]["message"] == harmless(f"Gate failed: {nasty} is {nasty}, allowed: {nasty}")
