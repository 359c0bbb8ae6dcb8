"""The kinds of tracking link, each a declarative entry: how it is recognised and what it has to carry.

Facts: [vendor] integrations.impact.com/impact-brand docs adjust, appsflyer, branch; help.impact.com 48001235417 (links of
impact.com); support.appsflyer.com 207447163; help.adjust.com link-parameters. [seen] the tracking domains of impact.com in
link lists of affiliate networks, Kochava's `campaign_id` and `network_id` in public links. What impact.com asks brands to
append for Adjust, and Branch's key of impact.com, are not public: mmpsync.toml says them.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from mmpsync.config import Config, SourceName
from mmpsync.ingest import appsflyer, branch
from mmpsync.preflight.links.macro import is_click_id_macro
from mmpsync.preflight.links.url import Link, fully_decoded

__all__ = [
    "ALIASES",
    "KINDS",
    "LANDING",
    "Kind",
    "Partner",
    "matters",
    "plain",
    "recognise",
    "speaks_of_click_id",
]

ALIASES = ("clickid", "irclickid", "imref", "impactclickid", "xnsirclickid")
"""Names that brands give to the parameter of the ClickId, without case, `_`, `-` and `~`."""


@dataclass(frozen=True, kw_only=True)
class Partner:
    """The parameter by which a link says that the click is impact.com's.

    Right are the values of `sources.….media_sources` that have this `form`; without any, those in `values`, and every
    other that holds the word `guess` (None: no other), because the MMP has not published its own. `host`: only links of
    this host need it. `where`: where to look the value up.
    """

    parameter: str
    values: tuple[str, ...] = ()
    form: str = r".+"
    guess: str | None = None
    host: str | None = None
    where: str

    def allowed(self, config: Config, source: SourceName) -> tuple[str, ...]:
        """The values that are known to be right under this configuration."""
        return self._configured(config, source) or tuple(v for v in self.values if re.fullmatch(self.form, v))

    def is_guessed(self, config: Config, source: SourceName) -> bool:
        """Whether there may be other right values."""
        return self.guess is not None and not self._configured(config, source)

    def _configured(self, config: Config, source: SourceName) -> tuple[str, ...]:
        configured = config.source(source).media_sources or ()
        return tuple(value for value in configured if re.fullmatch(self.form, value))


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of link.

    `hosts`: the ends of its host names; `path`: a pattern of its path, on whatever host; `marks`: parameters (patterns
    of names) that only such a link has, with a pattern of their value.
    `own`: parameters that hand the ClickId back to impact.com by themselves. `usual`: names that brands choose where
    it is their choice; `{click_id}` stands for each of `program.click_id_params`. `app_host`, `app_parameter`: where the app
    stands. `tracker_parameters`: where Adjust's token stands, if not in the path. `prefixed`: how the link calls what an export
    calls otherwise. `limit`: characters after which a ClickId may be
    cut off, `limit_of` by whom.
    """

    key: str
    title: str
    source: SourceName | None = None
    hosts: tuple[str, ...] = ()
    path: str | None = None
    marks: Mapping[str, str] = field(default_factory=dict)
    partner: Partner | None = None
    own: tuple[str, ...] = ()
    usual: tuple[str, ...] = ()
    app_host: str | None = None
    app_parameter: str | None = None
    tracker_parameters: tuple[str, ...] = ()
    prefixed: Mapping[str, str] = field(default_factory=dict)
    limit: int = 2048
    limit_of: str = "Many browsers, redirects and reports"

    @property
    def carries_click_id(self) -> bool:
        """Whether the ClickId has to stand in the link; impact.com's own links only lead to it."""
        return bool(self.own or self.usual)

    def names(self, config: Config) -> tuple[str, ...]:
        """The parameters that may carry the ClickId, the preferred one first."""
        chosen = tuple(self.configured(config)) or tuple(_expanded(self.usual, config))
        return tuple(dict.fromkeys((*self.own, *chosen)))

    def configured(self, config: Config) -> Iterator[str]:
        """Yield the names by which `sources.….fields.click_id` reads a parameter of the link from an export."""
        references = config.source(self.source).fields.get("click_id", ()) if self.source else ()
        for reference in references:
            column, mark, parameter = reference.partition("?")
            name = parameter if mark else column.partition(".")[2] or column
            name = re.sub(r"^\{?(dcp_)?|\}$", "", name.strip())
            name = re.sub(r"(?i)^sub[ _]param[ _]", "af_sub", name)
            yield self.prefixed.get(name, name)


KINDS: tuple[Kind, ...] = (
    Kind(
        key="appsflyer",
        title="AppsFlyer",
        source="appsflyer",
        hosts=("app.appsflyer.com", ".onelink.me"),
        marks={r"pid": r".*_int", r"af_\w+": r".*"},
        partner=Partner(
            parameter="pid",
            values=appsflyer.ADAPTER.media_sources,
            where="impact.com's partner page in AppsFlyer",
        ),
        own=("clickid",),
        app_host="app.appsflyer.com",
    ),
    Kind(
        key="adjust",
        title="Adjust",
        source="adjust",
        hosts=("app.adjust.com", "app.adjust.world"),
        usual=("{click_id}", "impact_click_id", "click_id", "label"),
    ),
    Kind(
        key="adjust-branded",
        title="Adjust branded",
        source="adjust",
        hosts=(".adj.st", ".go.link"),
        marks={r"adj(ust)?_t": r".*"},
        usual=("{click_id}", "impact_click_id", "click_id", "adj_label"),
        tracker_parameters=("adj_t", "adjust_t"),
        prefixed={"label": "adj_label"},
    ),
    Kind(
        key="branch",
        title="Branch",
        source="branch",
        hosts=(".app.link", ".test-app.link", "bnc.lt"),
        marks={r"\$3p": r".*", r"~(click_id|campaign|channel|feature)": r".*"},
        partner=Partner(
            parameter="$3p",
            values=branch.ADAPTER.media_sources,
            form=r"a_.+",
            guess="impact",
            where="the Ad Link that Branch makes when Impact is chosen as Ad Partner",
        ),
        own=("~click_id",),
    ),
    Kind(
        key="kochava",
        title="Kochava",
        source="kochava",
        hosts=("control.kochava.com", "smart.link", ".smart.link"),
        marks={r"network_id": r"\d+"},
        partner=Partner(
            parameter="network_id",
            form=r"\d+",
            guess="",
            host="control.kochava.com",
            where="the tracker that Kochava made for impact.com",
        ),
        own=("click_id",),
        app_host="control.kochava.com",
        app_parameter="campaign_id",
    ),
    Kind(
        key="impact",
        title="impact.com",
        hosts=(
            ".sjv.io", ".pxf.io", ".evyy.net", ".7eer.net", ".ojrq.net", ".eqjw.net", ".audw.net", ".pvxt.net", ".snlv.net",
        ),
        path=r"/c/\d+/\d+/\d+/?",
    ),
    Kind(
        key="landing",
        title="Landing page",
        source="segment",
        usual=("{click_id}", "CLICKID"),
        marks={r"irgwc|irpid|iradid|ircid|irmpname": r".*"},
        limit=512,
        limit_of="Segment's warehouse tables",
    ),
)  # fmt: skip
"""In the order in which a link is compared with them; hosts and paths of all come first."""

LANDING = KINDS[-1]


def recognise(link: Link, config: Config) -> Kind | None:
    """Say what kind of link it is; None for one that nothing tells."""
    fits: tuple[Callable[[Kind], bool], ...] = (
        lambda kind: any(_is_at(link.host, host) for host in kind.hosts),
        lambda kind: kind.path is not None and re.fullmatch(kind.path, link.path) is not None,
        lambda kind: _has_mark(link, kind),
        lambda kind: kind is LANDING and speaks_of_click_id(str(link), config),
    )
    return next((kind for fit in fits for kind in KINDS if fit(kind)), None)


def speaks_of_click_id(text: str, config: Config) -> bool:
    """Whether a parameter that is called like the ClickId's, or holds its macro, stands anywhere in a text."""
    names = {plain(name) for name in (*ALIASES, *config.program.click_id_params)}
    pairs = re.findall(r"(?:^|[?&#;])([^?&#;=]+)=([^?&#;]*)", fully_decoded(text))
    return any(plain(name) in names or is_click_id_macro(value) for name, value in pairs)


def matters(name: str) -> bool:
    """Whether a parameter of this name carries a ClickId or names the partner in some kind of link."""
    partners = (kind.partner.parameter for kind in KINDS if kind.partner)
    return plain(name) in ALIASES or name in partners


def plain(name: str) -> str:
    """A parameter's name without case and punctuation."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _is_at(host: str, known: str) -> bool:
    return host == known.removeprefix(".") or (known.startswith(".") and host.endswith(known))


def _has_mark(link: Link, kind: Kind) -> bool:
    return any(
        re.fullmatch(name, parameter.name) and re.fullmatch(value, parameter.value or "")
        for parameter in link.parameters
        for name, value in kind.marks.items()
    )


def _expanded(names: tuple[str, ...], config: Config) -> Iterator[str]:
    for name in names:
        yield from config.program.click_id_params if name == "{click_id}" else (name,)
