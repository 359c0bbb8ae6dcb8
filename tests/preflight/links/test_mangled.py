"""Whatever is done to a good link by mistake is caught, and the link that is suggested instead passes."""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mmpsync.config import Config
from mmpsync.preflight.links import check_link, inspect_link
from mmpsync.preflight.links.kinds import KINDS, Kind
from mmpsync.preflight.links.recognise import speaks_of_click_id
from mmpsync.preflight.links.url import Link, Parameter

FOLDER = Path(__file__).parents[2] / "cases" / "links"
MACRO = "{clickid}"
PICK = st.randoms(use_true_random=False)


@dataclass(frozen=True)
class Good:
    """A link that is ready; `carrier` is the parameter with its ClickId."""

    url: str
    kind: Kind
    config: Config
    carrier: Parameter | None

    @property
    def link(self) -> Link:
        return Link.parse(self.url)


@dataclass(frozen=True)
class Fault:
    """A mistake: what it makes of a link (None where it cannot happen), the code that tells it, and whether the
    check can say what was meant."""

    code: str
    mangle: Callable[[Good, Any], str | None]
    is_mendable: bool = True


def good_links() -> list[Good]:
    found = []
    for path in sorted(FOLDER.glob("*.toml")):
        for case in tomllib.loads(path.read_text("utf-8"))["case"]:
            config = Config.model_validate(case.get("config", {}))
            report = inspect_link(case["link"], config)
            if case["finds"] == [] and not case["link"].startswith("<"):
                kind = next(kind for kind in KINDS if kind.key == report.kind)
                carriers = Link.parse(case["link"]).named(report.understood.click_id_parameter or "")
                found.append(Good(case["link"], kind, config, carriers[0] if carriers else None))
    return found


def value(make: Callable[[Any], str]) -> Callable[[Good, Any], str | None]:
    """Put something else where the macro stands."""

    def mangle(good: Good, pick: Any) -> str | None:
        if good.carrier is None:
            return None
        text = make(pick)
        return with_carriers(good, lambda carrier: Parameter(carrier.written_name, text))

    return mangle


def with_carriers(good: Good, change: Callable[[Parameter], Parameter | None]) -> str:
    names = {*good.kind.names(good.config), *good.config.program.click_id_params}
    link = good.link.with_each(lambda each: change(each) if each.name in names else each)
    return str(link)


def in_text(old: str, new: str, count: int = -1) -> Callable[[Good, Any], str | None]:
    def mangle(good: Good, _: Any) -> str | None:
        return good.url.replace(old, new, count) if old in good.url else None

    return mangle


def stray(good: Good, pick: Any) -> str:
    at = pick.randrange(len("https://"), len(good.url))
    return good.url[:at] + pick.choice(["\n", "\r\n\t", "  ", "\u200b", "\xa0", "\ufeff"]) + good.url[at:]


def second_question_mark(good: Good, pick: Any) -> str | None:
    if good.carrier is None or f"&{good.carrier}" not in good.url:
        return None
    if "%3A" in good.url.partition(f"&{good.carrier}")[0].rpartition("&")[2]:
        return None  # which makes it a parameter of the link before it, and that is another fault
    return good.url.replace(f"&{good.carrier}", f"{pick.choice('?;')}{good.carrier}", 1)


def misspelled(pick: Any) -> str:
    letters = list("clickid")
    at = pick.randrange(len(letters))
    inner = pick.choice([
        "".join(letters).upper(), "ClickId", "clickID", "click_id", "click-id", " clickid", "irclickid", "imref",
        "".join(letters[:at] + letters[at + 1 :]), "".join(letters[:at] + letters[at : at + 1] + letters[at:]),
    ])  # fmt: skip
    first, last = pick.choice(
        ["{}", "[]", "<>", ("{{", "}}"), ("${", "}"), ("__", "__"), ("%%", "%%"), ("{", ""), ("", "}")]
    )
    text = f"{first}{inner}{last}"
    return quote(text) if "<" in text or " " in text else text


def encoded(times: int) -> str:
    text = MACRO
    for _ in range(times):
        text = quote(text, safe="")
    return text


def twice(good: Good, pick: Any) -> str | None:
    if good.carrier is None:
        return None
    other = Parameter(good.carrier.written_name, pick.choice(["abc", "", "{ClickId}", "{gclid}"]))
    pair = [str(other), str(good.carrier)]
    pick.shuffle(pair)
    return good.url.replace(str(good.carrier), "&".join(pair), 1)


def without_click_id(good: Good) -> str | None:
    """Take the ClickId out; not of a link that has it elsewhere too."""
    rest = with_carriers(good, lambda _: None)
    return None if good.carrier is None or speaks_of_click_id(rest, good.config) else rest


def removed(good: Good, _: Any) -> str | None:
    # Nothing tells a page without any parameter of impact.com's from every other page of the web.
    return None if good.kind.key == "landing" else without_click_id(good)


def renamed(good: Good, pick: Any) -> str | None:
    if without_click_id(good) is None:
        return None
    names = ["CLICKiD", "clickId", "irClickId", "Click_ID", "impact-click-id", "cid", "ref", "x"]
    name = pick.choice([name for name in names if name not in good.kind.names(good.config)])
    return with_carriers(good, lambda _: Parameter(name, MACRO))


def behind_the_hash(good: Good, pick: Any) -> str | None:
    rest = without_click_id(good)
    return (
        f"{rest}#{pick.choice(['', '/shop?', 'offers?'])}{good.carrier}" if rest and "#" not in rest else None
    )


def inside_another_link(good: Good, pick: Any) -> str | None:
    rest = without_click_id(good)
    inner = f"https://www.acme.com/{pick.choice(['', 'a/b'])}?{pick.choice(['', 'a=1&'])}{good.carrier}"
    text = pick.choice(
        [quote(inner, safe=""), quote(quote(inner, safe=""), safe=""), inner.replace("&", "%26")]
    )
    return str(Link.parse(rest).with_parameter(pick.choice(["redirect", "to"]), text)) if rest else None


def partner(make: Callable[[Good, Parameter, Any], list[Parameter]]) -> Callable[[Good, Any], str | None]:
    def mangle(good: Good, pick: Any) -> str | None:
        rule = good.kind.partner
        named = good.link.named(rule.parameter) if rule else ()
        if not named:
            return None
        return good.url.replace(str(named[0]), "&".join(map(str, make(good, named[0], pick))), 1)

    return mangle


def other_partner(good: Good, named: Parameter, pick: Any) -> list[Parameter]:
    names = (
        ["", "0x0"]
        if good.kind.key == "kochava" and not good.config.sources
        else ["facebook_int", "a_google", ""]
    )
    return [Parameter(named.written_name, pick.choice(names))]


def other_tracker(good: Good, pick: Any) -> str | None:
    trackers = good.config.source("adjust").trackers
    found = next((token for token in trackers if token in good.url), None)
    return good.url.replace(found, pick.choice(["zzz999", "abc124"])) if found else None


def letter_of_the_host(good: Good, pick: Any) -> str | None:
    host = good.link.host
    ends = {known for kind in KINDS for known in kind.hosts}
    known = next((end for end in ends if host == end or (end[0] == "." and host.endswith(end))), None)
    if known is None or len(known) < 10 or host == known[1:]:  # shorter ones differ by chance
        return None
    end = range(
        len(host) - len(known.lstrip(".")), host.rindex(".")
    )  # of two letters at the end, one is no host's
    at = pick.choice([n for n in end if host[n] != "."])
    return good.url.replace(host, host[:at] + host[at + 1 :], 1) if host in good.url else None


def hole(good: Good, pick: Any) -> str | None:
    # A page of the brand's own may be called anything, and its tracking domain is known by its numbers only.
    if good.kind.key == "landing" or good.url.startswith("https://goto."):
        return None
    hole = pick.choice(["{app_id}", "<id>", "YOUR_APP", "%7Btoken%7D", "[link]"])
    return str(replace(good.link, path=f"{good.link.path.rstrip('/')}/{hole}"))


def target(times: int) -> Callable[[Good, Any], str | None]:
    def mangle(good: Good, pick: Any) -> str | None:
        if good.kind.key != "impact" or good.link.named("u"):
            return None
        text = f"https://www.acme.com/shop?{pick.choice(['a=1', 'a=1&b=2', 'q=x%20y'])}"
        for _ in range(times):
            text = quote(text, safe="")
        return str(good.link.with_parameter("u", text))

    return mangle


FAULTS = {
    "http": Fault("no-https", in_text("https://", "http://", 1)),
    "no scheme": Fault("no-https", in_text("https://", "", 1)),
    "one slash": Fault("no-https", in_text("https://", "https:/", 1)),
    "copied out of HTML": Fault("html-ampersand", in_text("&", "&amp;")),
    "a stray character": Fault("stray-characters", stray),
    "no question mark": Fault("wrong-separator", in_text("?", "&", 1)),
    "a second question mark": Fault("wrong-separator", second_question_mark),
    "misspelled": Fault("macro-misspelled", value(misspelled)),
    "encoded": Fault("macro-encoded", value(lambda _: encoded(1))),
    "encoded twice": Fault("macro-encoded-twice", value(lambda pick: encoded(pick.choice([2, 3])))),
    "another macro": Fault("macro-wrong", value(lambda pick: pick.choice(
        ["{transaction_id}", "{aff_sub}", "{gclid}", "{{ad.id}}", "[CID]", "__CALLBACK_PARAM__", "${TTCLID}", "{irpid}"]
    ))),
    "not alone": Fault("macro-not-alone", value(lambda pick: pick.choice(
        [f"x{MACRO}", f"{MACRO}-ios", f"{MACRO}_{{irpid}}", f"a%20{MACRO}"]
    ))),
    "a placeholder": Fault("click-id-placeholder", value(lambda pick: pick.choice(
        ["test", "0", "NULL", "undefined", "YOUR_CLICK_ID", "xxx", "REPLACE_ME", "TODO", "your-click-id", "..."]
    ))),
    "fixed": Fault("click-id-fixed", value(lambda pick: pick.choice(
        ["1111", "impact", "xgMQ4KWb%3AxyIWO7Uo7Vva0OcUkGQgW2aEwvr1c0", "IwAR0abc", "~35VRQSLC", "a" * 65]
    ))),
    "empty": Fault("click-id-empty", value(lambda _: "")),
    "twice": Fault("given-twice", twice),
    "removed": Fault("click-id-missing", removed),
    "renamed": Fault("click-id-misplaced", renamed),
    "behind the hash": Fault("behind-the-hash", behind_the_hash),
    "inside another link": Fault("inside-another-link", inside_another_link),
    "another partner": Fault("partner-wrong", partner(other_partner), is_mendable=False),
    "no partner": Fault("partner-missing", partner(lambda *_: [Parameter("nobody", "1")]), is_mendable=False),
    "two partners": Fault("given-twice", partner(lambda _, named, __: [named, Parameter(named.written_name, "77")]),
        is_mendable=False),
    "the partner in capitals": Fault("partner-missing", partner(
        lambda _, named, __: [Parameter(named.written_name.upper(), named.value)])),
    "a letter of the host": Fault("host-wrong", letter_of_the_host),
    "a user name": Fault("user-in-link", lambda good, _: good.url.replace("://", "://ann:pw@", 1)),
    "encoded as a whole": Fault("encoded-link", lambda good, pick: quote(good.url if pick.random() < 0.5 else quote(good.url, safe=""), safe="")),
    "out of a mail": Fault("wrapped-link", lambda good, _: (
        f"https://eur01.safelinks.protection.outlook.com/?url={quote(good.url, safe='')}&data=05%7C01")),
    "another tracker": Fault("tracker-wrong", other_tracker, is_mendable=False),
    "a hole": Fault("not-filled-in", hole, is_mendable=False),
    "a target as it is": Fault("target-not-encoded", target(0)),
    "a target encoded twice": Fault("target-encoded-twice", target(2)),
}  # fmt: skip

GOOD = good_links()
EXTRA = st.lists(
    st.sampled_from(["utm_source=a%26b", "note=caf%C3%A9+x", "deeplink=acme%3A%2F%2Fa%3Fb%3D1", "empty=", "flag", "v=a:b;c,d"]),
    max_size=3,
    unique=True,
)  # fmt: skip


def with_extra(good: Good, extra: list[str], pick: Any) -> Good:
    query = list(good.link.query or ())
    for text in extra:
        query.insert(pick.randint(0, len(query)), Parameter.parse(text))
    link = Link.parse(good.url)
    query_text = "?" + "&".join(map(str, query)) if query else ""
    fragment = f"#{link.fragment}" if link.fragment is not None else ""
    url = f"{link.scheme}://{link.authority}{link.path}{query_text}{fragment}"
    return Good(url, good.kind, good.config, good.carrier)


def errors(url: str, config: Config) -> list[str]:
    return [finding.code for finding in check_link(url, config) if finding.level == "error"]


@given(st.sampled_from(GOOD), EXTRA, PICK)
def test_a_good_link_stays_good_among_other_parameters(good: Good, extra: list[str], pick: Any) -> None:
    assert errors(with_extra(good, extra, pick).url, good.config) == []


@settings(max_examples=600)
@given(st.sampled_from(sorted(FAULTS)), st.sampled_from(GOOD), EXTRA, PICK)
def test_every_fault_is_caught_and_its_correction_passes(
    name: str, plain: Good, extra: list[str], pick: Any
) -> None:
    fault, good = FAULTS[name], with_extra(plain, extra, pick)
    mangled = fault.mangle(good, pick)
    assume(mangled is not None)
    assert mangled is not None
    findings = check_link(mangled, good.config)
    assert fault.code in [finding.code for finding in findings]
    corrections = {finding.corrected for finding in findings if finding.corrected}
    assert corrections or not fault.is_mendable
    for corrected in corrections:
        assert errors(corrected, good.config) == []
        assert [text for text in extra if text in corrected] == extra, "the rest keeps every byte"


@settings(max_examples=200)
@given(st.sampled_from(sorted(FAULTS)), st.sampled_from(sorted(FAULTS)), st.sampled_from(GOOD), PICK)
def test_several_faults_have_one_correction_that_mends_all_or_none(
    first: str, second: str, good: Good, pick: Any
) -> None:
    once = FAULTS[first].mangle(good, pick)
    again = FAULTS[second].mangle(Good(once, good.kind, good.config, good.carrier), pick) if once else None
    assume(again is not None and again != good.url)
    assert again is not None
    findings = check_link(again, good.config)
    corrections = {finding.corrected for finding in findings if finding.corrected}
    assert len(corrections) <= 1
    for corrected in corrections:
        assert errors(corrected, good.config) == []


@given(
    st.text()
    | st.text(alphabet="ahtps:/?&=#%{}clickd;.@ \n~$3p").map(lambda text: f"https://a.app.link/{text}")
)
def test_any_text_is_looked_at_without_a_crash(text: str) -> None:
    for corrected in {finding.corrected for finding in check_link(text, Config())} - {None}:
        assert errors(corrected or "", Config()) == []


@given(st.text())
def test_a_link_is_put_together_as_it_was(text: str) -> None:
    assert str(Link.parse(text)) == text


def test_every_fault_can_happen_to_some_link() -> None:
    import random

    happened = {
        name
        for name, fault in FAULTS.items()
        for good in GOOD
        if fault.mangle(good, random.Random(7)) not in {None, good.url}
    }
    assert happened == {*FAULTS}
