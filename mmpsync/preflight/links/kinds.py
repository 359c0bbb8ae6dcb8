"""The kinds of tracking link, each a declarative entry: how it is recognised and what it has to carry.

Facts: [vendor] integrations.impact.com/impact-brand docs adjust, appsflyer, branch; help.impact.com 48001235417 (links of
impact.com); support.appsflyer.com 207447163; help.adjust.com link-parameters. [seen] the tracking domains of impact.com in
link lists of affiliate networks, Kochava's `campaign_id` and `network_id`, Adjust's hosts by region (in its SDKs), and the addresses that count views, in public links. What impact.com asks brands to
append for Adjust, and Branch's key of impact.com, are not public: mmpsync.toml says them.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from mmpsync.config import Config, SourceName
from mmpsync.ingest import appsflyer, branch

__all__ = ["ALIASES", "KINDS", "LANDING", "OTHERS", "STORES", "Kind", "Partner"]

ALIASES = ("clickid", "irclickid", "imref", "impactclickid", "xnsirclickid")
"""Names that brands give to the parameter of the ClickId, without case, `_`, `-` and `~`."""


@dataclass(frozen=True, kw_only=True)
class Partner:
    """The parameter by which a link says that the click is impact.com's.

    Right are the values of `sources.….media_sources` that have this `form`; without any, those in `values`, and every
    other that holds the word `guess` (None: no other), because the MMP has not published its own. `host`: only links of
    this host need it. `short_path`: how the paths of shortened links look, which may keep it to themselves. `where`: where
    to look the value up.
    """

    parameter: str
    values: tuple[str, ...] = ()
    form: str = r".+"
    guess: str | None = None
    host: str | None = None
    short_path: str | None = None
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
    `views`: how addresses begin that count views, and how those that count clicks do. `app_host`, `app_parameter`: where
    the app stands. `tracker_parameters`: where Adjust's token stands, if not in the path.
    `own`: parameters that hand the ClickId back to impact.com by themselves. `usual`: names that brands choose where it is
    their choice; `{click_id}` stands for each of `program.click_id_params`. `free`: those of them that may hold something
    else of the brand's. `columns`: patterns of field references by
    which exports are read, with the parameter of the link that each is filled by; a parameter of a URL is itself.
    `named_in`: how mmpsync.toml takes another {name}.
    `limit`: characters after which a ClickId may be cut off, `limit_of` by whom.
    """

    key: str
    title: str
    source: SourceName | None = None
    hosts: tuple[str, ...] = ()
    path: str | None = None
    marks: Mapping[str, str] = field(default_factory=dict)
    views: tuple[tuple[str, str], ...] = ()
    partner: Partner | None = None
    own: tuple[str, ...] = ()
    usual: tuple[str, ...] = ()
    free: tuple[str, ...] = ()
    app_host: str | None = None
    app_parameter: str | None = None
    tracker_parameters: tuple[str, ...] = ()
    columns: tuple[tuple[str, str], ...] = ()
    named_in: str | None = None
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
        """Yield the parameters of the link that `sources.….fields.click_id` reads from an export."""
        references = config.source(self.source).fields.get("click_id", ()) if self.source else ()
        for reference in references:
            name = self._filling(reference)
            yield from _expanded((name,), config) if name else ()

    def _filling(self, reference: str) -> str | None:
        """The parameter of the link that a field reference reads, if it reads one."""
        column, mark, parameter = reference.strip().partition("?")
        if mark:
            return parameter
        matches = ((re.fullmatch(pattern, column), name) for pattern, name in self.columns)
        return next((match.expand(name) for match, name in matches if match), None)


_DCP = ((r"dcp_(.+)", r"\1"), (r"\{dcp_(.+)\}", r"\1"))

KINDS: tuple[Kind, ...] = (
    Kind(
        key="appsflyer",
        title="AppsFlyer",
        source="appsflyer",
        hosts=("app.appsflyer.com", "impressions.appsflyer.com", ".onelink.me"),
        views=(("impressions.appsflyer.com/", "app.appsflyer.com/"),),
        marks={r"pid": r".*_int", r"af_\w+": r".*"},
        partner=Partner(
            parameter="pid",
            values=appsflyer.ADAPTER.media_sources,
            short_path=r"/\w+/\w+/?",
            where="impact.com's partner page in AppsFlyer",
        ),
        own=("clickid",),
        columns=((r"(?i)(?:af_sub|sub[ _]param[ _])(\d)", r"af_sub\1"),),
        app_host="app.appsflyer.com",
    ),
    Kind(
        key="adjust",
        title="Adjust",
        source="adjust",
        hosts=(
            "app.adjust.com", "app.eu.adjust.com", "app.tr.adjust.com", "app.us.adjust.com", "app.adjust.net.in", "app.adjust.world",
            "view.adjust.com",
        ),
        views=(("view.adjust.com/impression/", "app.adjust.com/"),),
        usual=("{click_id}", "impact_click_id", "click_id", "label"),
        free=("label",),
        named_in="`dcp_{name}` in `sources.adjust.fields.click_id`",
        columns=(*_DCP, (r"\{?(\w+)\}?", r"\1")),
    ),
    Kind(
        key="adjust-branded",
        title="Adjust branded",
        source="adjust",
        hosts=(".adj.st", ".go.link"),
        marks={r"adj(ust)?_t": r".*"},
        usual=("{click_id}", "impact_click_id", "click_id", "adj_label"),
        free=("adj_label",),
        named_in="`dcp_{name}` in `sources.adjust.fields.click_id`",
        tracker_parameters=("adj_t", "adjust_t"),
        columns=(*_DCP, (r"\{?label\}?", "adj_label"), (r"(\w+)", r"\1")),
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
        columns=((r"[^.]+\.(~?\w+)", r"\1"),),
    ),
    Kind(
        key="kochava",
        title="Kochava",
        source="kochava",
        hosts=("control.kochava.com", "imp.control.kochava.com", ".smart.link"),
        views=(("imp.control.kochava.com/track/impression", "control.kochava.com/v1/cpi/click"),),
        marks={r"network_id": r"\d+"},
        partner=Partner(
            parameter="network_id",
            form=r"\d+",
            guess="",
            host="control.kochava.com",
            where="the tracker that Kochava made for impact.com",
        ),
        own=("click_id",),
        columns=((r"[^.]+\.(\w+)", r"\1"), (r"(cp_\d+)", r"\1")),
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
        named_in="`{name}` in `program.click_id_params`",
        marks={r"irgwc|irpid|iradid|ircid|irmpname": r".*"},
        limit=512,
        limit_of="Segment's warehouse tables",
    ),
)  # fmt: skip
"""In the order in which a link is compared with them; hosts and paths of all come first."""

LANDING = KINDS[-1]

OTHERS = (".sng.link",)
"""Hosts of MMPs that impact.com works with and mmpsync does not know (Singular): nothing is to be said of their links."""


STORES = ("play.google.com", "apps.apple.com", "itunes.apple.com", "appgallery.huawei.com")
"""Hosts of app stores: a link that leads there at once passes every MMP by."""


def _expanded(names: tuple[str, ...], config: Config) -> Iterator[str]:
    for name in names:
        yield from config.program.click_id_params if name == "{click_id}" else (name,)
