"""Branch: Daily Exports (CSV), Custom Exports (CSV, JSON lines), webhooks of the Data Feed kept as JSON lines.

Columns, topics and values as Branch documents them (help.branch.io: daily exports, custom exports, full event
ontology, webhooks) and as seen in real exports. Exports spell out what webhooks write as signs and objects:
`last_attributed_touch_data_tilde_campaign` is `last_attributed_touch_data` with the key `~campaign`.
"""

from collections.abc import Iterator

from mmpsync.ingest.interface import (
    Adapter,
    Condition,
    ImpactSource,
    Matches,
    Missing,
    OneOf,
    Present,
    Rule,
    Withheld,
)

__all__ = ["ADAPTER"]

_TOUCH = "last_attributed_touch_data"
_CUSTOM_FIELDS = f"{_TOUCH}_custom_fields"
_SIGNS = {"~": "tilde_", "+": "plus_", "$": "dollar_"}


def _touch(*keys: str) -> tuple[str, ...]:
    """Where exports and webhooks have these keys of the last touch or, on clicks, of the click itself."""
    spelt = ((key, _SIGNS[key[0]] + key[1:]) for key in keys)
    return tuple(ref for key, name in spelt for ref in (f"{_TOUCH}_{name}", f"{_TOUCH}.{key}"))


def _in(outer: str, *names: str) -> tuple[str, ...]:
    """Where exports and webhooks have these keys of the user's or the event's data."""
    return tuple(ref for name in names for ref in (f"{outer}_{name}", f"{outer}.{name}"))


def _user(*names: str) -> tuple[str, ...]:
    return _in("user_data", *names)


_PARTNER = _touch("~advertising_partner_name", "$3p")
_SOURCES = (*_PARTNER, *_touch("~channel", "~feature"))
_TOUCH_TIMES = ("last_attributed_touch_timestamp", "last_attributed_touch_timestamp_iso")
_ATTRIBUTED = (
    "last_attributed_touch_type",
    *_TOUCH_TIMES,
    "days_from_last_attributed_touch_to_event",
)
_URLS = (f"{_CUSTOM_FIELDS}.+url", f"{_TOUCH}.+url", f"{_TOUCH}_plus_url")
# Every network's links pass its click id to Branch as `~click_id`.
_SHARED = (
    f"{_CUSTOM_FIELDS}.~click_id",
    *_touch("~click_id"),
    *(f"{url}?~click_id" for url in _URLS),
    *_touch("~external_touch_id"),
)
_MONEY = (
    *((amount, _in("event_data", "currency")) for amount in _in("event_data", "revenue")),
    *((amount, ("=USD",)) for amount in _in("event_data", "revenue_in_usd")),
    *(
        (amount, _in("event_data", "local_currency"))
        for amount in _in("event_data", "revenue_in_local_currency")
    ),
)
_NAMES = ("name", "customer_event_alias")
_TIMES = ("timestamp", "timestamp_iso", "event_timestamp")
# There is no id of a device; an install's own is the same in every export and never hashed.
_OF_INSTALLS = {"event_time": _TIMES, "mmp_device_id": ("id", *_user("cross_platform_id"))}
_NO = ("false", "f", "0", "no")
_YES = ("true", "t", "1", "yes")
_EVENT_TOPICS = r"(?i)^eo_(commerce|content|custom|user_lifecycle)_event"
_OTHER_TOPICS = (
    r"(?i)^eo_(click_blocked|impression|pageview|web_session_start|branch_cta_view|sms_sent"
    r"|web_to_app_auto_redirect|dismissal|san_touch)"
)
_OTHER_NAMES = (
    "impression",
    "pageview",
    "web_session_start",
    "branch_cta_view",
    "sms_sent",
    "web_to_app_auto_redirect",
    "dismissal",
    "san_touch",
)
_IS_CLICK = (OneOf("@event_name", ("click", "impression")), Matches("topic", "(?i)^eo_(click|impression)"))


def _attributions() -> Iterator[Rule]:
    """How attribution is told: the column that says it, else whether there was a touch, then whose it was."""
    yield from (Rule("test", (OneOf(f"{url}?impacttest", ("1",)),)) for url in _URLS)
    yield Rule("rejected", (Matches("topic", "(?i)_blocked$"),))
    # Its touch data are the click's own, and nothing is attributed.
    for is_click in _IS_CLICK:
        yield from (Rule("impact", (is_click, ImpactSource())), Rule("other", (is_click,)))
    # There may be data of a touch all the same.
    yield Rule("organic", (OneOf("attributed", _NO),))
    yield Rule("restricted", (OneOf("@media_source", ("undisclosed",)),))
    nothing: tuple[Condition, ...] = (Missing("attributed"), *map(Missing, _ATTRIBUTED))
    yield from (Rule("organic", (Present(f"{column}!"), *nothing)) for column in _ATTRIBUTED)
    yield Rule("impact", (ImpactSource(),))
    yield from (Rule("other", (Present(reference),)) for reference in ("@media_source", *_ATTRIBUTED))
    yield Rule("other", (OneOf("attributed", _YES),))
    yield Rule("organic")


ADAPTER = Adapter(
    name="branch",
    title="Branch",
    reads=(
        ("Daily Exports (`eo_…`)", "CSV"),
        ("Custom Exports", "CSV, JSON lines"),
        ("Data Feed webhooks, kept", "JSON lines, JSON array"),
    ),
    needs=(
        ("name", "id"),
        ("timestamp", "timestamp_iso", "event_timestamp"),
        (
            _CUSTOM_FIELDS,
            *(name for name in _SOURCES if "." not in name),
            *(
                f"{_TOUCH}_{key}"
                for key in ("tilde_id", "tilde_campaign", "tilde_external_touch_id", "plus_url")
            ),
            # Objects of webhooks, the second of which every one of them has.
            *(_TOUCH, "user_data"),
        ),
    ),
    kinds=(
        # Records of what was posted to others.
        *(Rule("other", (Present(name),)) for name in ("webhook_request_url", "webhook_response_code")),
        Rule("event", (Matches("topic", _EVENT_TOPICS),)),
        Rule("other", (Matches("topic", _OTHER_TOPICS),)),
        Rule("click", (OneOf("@event_name", ("click",)),)),
        Rule("install", (OneOf("@event_name", ("install",)),)),
        Rule("reinstall", (OneOf("@event_name", ("reinstall",)),)),
        Rule("reengagement", (OneOf("@event_name", ("open",)),)),
        Rule("other", (OneOf("@event_name", _OTHER_NAMES),)),
        Rule("event", (Present("@event_name"),)),
        Rule("click", (Matches("topic", "(?i)^eo_click"),)),
        Rule("install", (Matches("topic", "(?i)^eo_install"),)),
        Rule("reinstall", (Matches("topic", "(?i)^eo_reinstall"),)),
        Rule("reengagement", (Matches("topic", "(?i)^eo_open"),)),
        Rule("other"),
    ),
    attributions=tuple(_attributions()),
    fields={
        "event_id": ("id",),
        "event_name": _NAMES,
        # When it really happened, even if it was sent later or from a server.
        "event_time": ("event_timestamp", "timestamp", "timestamp_iso"),
        "touch_type": ("last_attributed_touch_type",),
        "touch_time": (*_TOUCH_TIMES, f"{_CUSTOM_FIELDS}.+click_timestamp", *_touch("+click_timestamp")),
        "media_source": _SOURCES,
        "tracker": _touch("$3p"),
        "click_id": (
            f"{_CUSTOM_FIELDS}.~click_id",
            *_touch("~click_id"),
            *(f"{url}?{key}" for url in _URLS[:2] for key in ("~click_id", "{click_id}")),
            # A link's parameters become keys of the touch.
            *(f"{_CUSTOM_FIELDS}.{{click_id}}", f"{_TOUCH}.{{click_id}}"),
            *(f"{_URLS[2]}?{key}" for key in ("~click_id", "{click_id}")),
            *_touch("~external_touch_id"),
        ),
        "order_id": _in("event_data", "transaction_id"),
        "amount": tuple(amount for amount, _ in _MONEY),
        "currency": _in("event_data", "currency"),
        "customer_id": _user("developer_identity"),
        "promo_code": _in("event_data", "coupon"),
        "app_id": ("app_id", *_user("app_package_name"), "app_name"),
        "platform": _user("os", "platform"),
        "idfa": _user("idfa"),
        "idfv": _user("idfv"),
        "gaid": _user("aaid"),
        "android_id": _user("android_id"),
        "mmp_device_id": _user("cross_platform_id"),
        "mmp_click_id": (*_touch("+touch_id"), "di_match_click_token", *_touch("~id")),
        "campaign": _touch("~campaign", "~customer_campaign", "~campaign_id"),
        "publisher": _touch(
            "~secondary_publisher",
            "~secondary_publisher_id",
            "~customer_secondary_publisher",
            "~sub_site_name",
        ),
        "country": (*_user("geo_country_code"), "user_data.country"),
        "app_version": _user("app_version"),
    },
    by_kind={
        "install": _OF_INSTALLS | {"event_name": (*_NAMES, "=INSTALL")},
        "reinstall": _OF_INSTALLS | {"event_name": (*_NAMES, "=REINSTALL")},
        "reengagement": _OF_INSTALLS | {"event_name": (*_NAMES, "=OPEN")},
        "click": {
            "event_name": (*_NAMES, "=CLICK"),
            "event_time": _TIMES,
            "touch_type": ("=click",),
            "touch_time": _TIMES,
        },
    },
    shared=frozenset(_SHARED),
    money=_MONEY,
    media_sources=(
        "impact",
        "impact radius",
        "impactradius",
        "impact.com",
        # How `$3p` writes the names of partners.
        "a_impact",
        "a_impact_radius",
        "a_impactradius",
    ),
    withheld=Withheld(
        pattern=r"(?i)^(undisclosed|[0-9a-f]{64})$",
        around=(_CUSTOM_FIELDS,),
        fields=("idfa", "idfv", "gaid", "android_id"),
        advice="Branch hashes ids after 7 days: export sooner.",
    ),
    partition_fields=("topic", "app_id"),
    # Custom Exports begin with the id of an app or of an organisation, Daily Exports always with an app's.
    path_fields=(r"(?<![a-z])(?P<topic>eo_[a-z]+(?:_[a-z]+)*)", r"(?P<app_id>\d+)-\d{4}-\d{2}-\d{2}-eo_"),
    click_reports=("eo_click",),
    click_id_advice="Daily Exports have last_attributed_touch_data_custom_fields, ask Custom Exports for it or take"
    " the webhooks of the Data Feed.",
)
