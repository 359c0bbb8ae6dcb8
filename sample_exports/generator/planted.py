"""What is planted where, as data; `planting` does it."""

from dataclasses import dataclass

from generator import branch, faults, ids, segment
from generator.faults import Fault, altered, each, every
from generator.model import Row

# Per dataset, in the order of `datasets.DATASETS`.
Counts = tuple[int, int, int, int, int, int]


@dataclass(frozen=True)
class Planted:
    """Rows that have `reason` as their primary reason, how it shows in them, and how many there are.

    `counts`: AppsFlyer CSV, AppsFlyer Data Locker, Adjust, Branch, Segment, Kochava. `events`: taken in turn.
    """

    reason: str
    shows: str
    fault: Fault
    events: tuple[str, ...]
    counts: Counts


def _is_in_warehouse(row: Row) -> bool:
    return segment.channel(row) == "warehouse"


def _is_on_ios(row: Row) -> bool:
    return row.device.app.platform == "ios"


def _is_on_android(row: Row) -> bool:
    return not _is_on_ios(row)


def _is_no_click_report(row: Row) -> bool:
    return row.event != "click" or branch.channel(row) == "feed"


_ANY = ("install", "purchase", "signup")
_INSTALL = ("install",)
_SALE = ("purchase",)
_SIGNUP = ("signup",)
_INSTALL_OR_SALE = ("install", "purchase")
_SALE_OR_SIGNUP = ("purchase", "signup")

PLANTED = (
    Planted(
        "unreadable-row", "more cells than the header", each("damage", "cells"), _SALE, (1, 0, 1, 1, 1, 1)
    ),
    Planted(
        "unreadable-row",
        'a stray quote: `,"spring" sale,`',
        each("damage", "quote"),
        _SALE,
        (1, 0, 1, 1, 1, 1),
    ),
    Planted(
        "unreadable-row",
        "a name in Latin-1, not UTF-8",
        each("damage", "encoding"),
        _INSTALL,
        (1, 0, 1, 1, 0, 0),
    ),
    Planted(
        "unreadable-row", "a line of JSON that breaks off", each("damage", "cut"), _SALE, (0, 0, 0, 1, 1, 0)
    ),
    Planted("not-a-conversion", "uninstalls", every(), ("uninstall",), (3, 2, 0, 0, 1, 0)),
    Planted("not-a-conversion", "clicks", faults.click_row, ("click",), (0, 0, 10, 0, 0, 0)),
    Planted(
        "not-a-conversion",
        "Branch: clicks among webhooks",
        faults.such_that(_is_no_click_report, faults.click_row),
        ("click",),
        (0, 0, 0, 2, 0, 0),
    ),
    Planted(
        "not-a-conversion",
        "impressions, sessions, consent updates, ad revenue",
        every(click_id=None),
        ("impression", "session", "session", "att_update", "session", "ad_revenue"),
        (0, 0, 12, 0, 0, 0),
    ),
    Planted(
        "not-a-conversion",
        "impressions, page views and web sessions of Branch",
        every(click_id=None),
        ("impression", "pageview", "web_session"),
        (0, 0, 0, 3, 0, 0),
    ),
    Planted(
        "not-a-conversion",
        "Segment: landing pages and opened deep links with the ClickId",
        faults.click_row,
        ("page", "deep_link"),
        (0, 0, 0, 0, 4, 0),
    ),
    Planted(
        "not-a-conversion",
        "Segment: pages, screens, identify calls",
        every(click_id=None),
        ("page", "screen", "identify"),
        (0, 0, 0, 0, 6, 0),
    ),
    Planted(
        "superseded",
        "its primary twin is in the retargeting report",
        faults.twin_in_retargeting,
        _SALE,
        (3, 2, 0, 0, 0, 0),
    ),
    Planted(
        "superseded",
        "`install_update` from organic to impact.com",
        faults.update_gained,
        _INSTALL,
        (0, 0, 2, 0, 0, 0),
    ),
    Planted(
        "superseded",
        "`install_update` from impact.com to Google",
        faults.update_lost,
        _INSTALL,
        (0, 0, 2, 0, 0, 0),
    ),
    Planted(
        "superseded",
        "Segment: the row of its table stands in `tracks` besides, without its properties",
        faults.such_that(_is_in_warehouse, faults.listed_besides),
        _SALE,
        (0, 0, 0, 0, 2, 0),
    ),
    Planted(
        "test-row",
        "`impacttest=1`; Adjust: sandbox",
        every(is_test=True),
        _INSTALL_OR_SALE,
        (2, 1, 3, 1, 0, 1),
    ),
    Planted("test-row", "`impacttest=1` in the page's URL", every(is_test=True), _SALE, (0, 0, 0, 0, 1, 0)),
    Planted(
        "rejected-by-mmp",
        "a blocked or rejected reason; Branch: a report of blocked events",
        each("rejection", "bots", "install_hijacking", "click_flood"),
        _INSTALL,
        (4, 2, 3, 2, 0, 0),
    ),
    Planted("rejected-by-mmp", "Untrusted Devices", every(source="untrusted"), _INSTALL, (0, 0, 1, 0, 0, 0)),
    Planted(
        "unmapped-event",
        "add to cart, product views",
        every(),
        ("add_to_cart", "content_view"),
        (5, 3, 4, 2, 3, 3),
    ),
    Planted("unmapped-event", "a reattribution", every(), ("reattribution",), (0, 0, 2, 0, 0, 0)),
    Planted(
        "unmapped-event",
        "Branch: a reinstall, an opened app, an event of the app's own",
        every(),
        ("reinstall", "open", "share"),
        (0, 0, 0, 3, 0, 0),
    ),
    Planted(
        "unmapped-event",
        "Segment: what an MMP says of an install later",
        every(click_id=None),
        ("attributed",),
        (0, 0, 0, 0, 1, 0),
    ),
    Planted(
        "restricted-source",
        "`restricted`; Adjust: `unattr`; Branch: `undisclosed`; Kochava: no network",
        every(source="restricted", click_id=None),
        _INSTALL_OR_SALE,
        (3, 2, 3, 2, 0, 2),
    ),
    Planted(
        "organic",
        "`organic`; Branch: no touch; Kochava: `UNATTRIBUTED`",
        every(source="organic", click_id=None),
        _INSTALL,
        (3, 2, 7, 4, 3, 3),
    ),
    Planted(
        "organic",
        "Branch: an install that is reported again after the opt-in",
        faults.such_that(_is_on_ios, faults.opted_in),
        _INSTALL,
        (0, 0, 0, 1, 0, 0),
    ),
    Planted(
        "organic",
        "Kochava: nobody's purchase",
        faults.such_that(_is_on_ios, every(source="organic", click_id=None)),
        _SALE,
        (0, 0, 0, 0, 0, 2),
    ),
    Planted(
        "organic",
        "Kochava: nobody's purchase",
        faults.such_that(_is_on_android, every(source="organic", click_id=None)),
        _SALE,
        (0, 0, 0, 0, 0, 2),
    ),
    Planted(
        "organic",
        "no source at all",
        every(source="nobody", click_id=None),
        _INSTALL,
        (3, 2, 0, 0, 0, 0),
    ),
    Planted(
        "other-source",
        "another network",
        every(source="google", click_id=None),
        _INSTALL_OR_SALE,
        (4, 3, 4, 2, 0, 2),
    ),
    Planted(
        "other-source",
        "Segment: another's campaign",
        every(source="google", click_id=None),
        _SALE,
        (0, 0, 0, 0, 2, 0),
    ),
    Planted(
        "other-source",
        "another network with an id of its own in a link that names it; Adjust: in the label",
        every(source="applovin", carrier="another's link", click_id="alv-9b21c07e55"),
        _INSTALL_OR_SALE,
        (2, 1, 2, 2, 0, 2),
    ),
    Planted(
        "duplicate-row",
        "the row stands there again",
        faults.copied,
        ("purchase", "install", "purchase"),
        (3, 1, 3, 3, 3, 2),
    ),
    Planted("missing-click-id", "nothing where it should be", every(click_id=None), _ANY, (4, 1, 4, 3, 3, 3)),
    Planted(
        "missing-click-id",
        "nor an order id",
        every(click_id=None, order_id=None),
        _SALE,
        (1, 1, 1, 1, 1, 1),
    ),
    Planted(
        "unexpanded-macro",
        "`{clickid}`, `__CLICKID__`, `[CLICK_ID]`",
        each("click_id", "{clickid}", "__CLICKID__", "[CLICK_ID]"),
        _INSTALL_OR_SALE,
        (3, 1, 3, 2, 2, 2),
    ),
    Planted(
        "placeholder-click-id",
        "`undefined`, `0`, `unknown`",
        each("click_id", "undefined", "0", "unknown"),
        _INSTALL_OR_SALE,
        (3, 1, 3, 2, 2, 2),
    ),
    Planted(
        "placeholder-click-id",
        "Branch: hashed, as after seven days",
        every(click_id=None, carrier="hashed"),
        _INSTALL,
        (0, 0, 0, 1, 0, 0),
    ),
    Planted(
        "malformed-click-id",
        "a blank inside, the id twice, a tab inside",
        altered(
            lambda id_: f"{id_[:19]} {id_[20:]}",
            lambda id_: f"{id_},{id_}",
            lambda id_: f"{id_[:30]}\t{id_[30:]}",
        ),
        _INSTALL_OR_SALE,
        (3, 1, 3, 3, 3, 3),
    ),
    Planted(
        "foreign-click-id",
        "a gclid, an fbclid, a ttclid, the AppsFlyer ID",
        faults.others_id(lambda row: row.device.appsflyer_id),
        _INSTALL_OR_SALE,
        (4, 1, 0, 0, 0, 0),
    ),
    Planted(
        "foreign-click-id",
        "the adid",
        faults.others_id(lambda row: row.device.adid),
        _INSTALL_OR_SALE,
        (0, 0, 4, 0, 0, 0),
    ),
    Planted(
        "foreign-click-id",
        "Branch's id of the event",
        faults.others_id(ids.branch_event_id),
        _INSTALL_OR_SALE,
        (0, 0, 0, 4, 0, 0),
    ),
    Planted(
        "foreign-click-id",
        "the messageId",
        faults.others_id(ids.message_id),
        _INSTALL_OR_SALE,
        (0, 0, 0, 0, 4, 0),
    ),
    Planted(
        "foreign-click-id",
        "the Kochava device id",
        faults.others_id(lambda row: ids.kochava_device_id(row.device)),
        _INSTALL_OR_SALE,
        (0, 0, 0, 0, 0, 4),
    ),
    Planted(
        "click-id-case-changed",
        "all lower or all upper case",
        altered(str.lower, str.upper),
        _ANY,
        (3, 1, 3, 2, 2, 2),
    ),
    Planted(
        "click-id-encoding-changed",
        "`%3A` for `:`; in a URL `%253A`",
        faults.encoded,
        _ANY,
        (2, 1, 2, 2, 2, 2),
    ),
    Planted(
        "click-id-truncated",
        "cut to 32 or 24 characters",
        altered(lambda id_: id_[:32], lambda id_: id_[:24]),
        _INSTALL_OR_SALE,
        (2, 1, 2, 2, 2, 2),
    ),
    Planted(
        "click-id-truncated",
        "Segment: a warehouse keeps 512 characters of a URL",
        faults.such_that(_is_in_warehouse, altered(lambda id_: id_[:28])),
        _SALE,
        (0, 0, 0, 0, 1, 0),
    ),
    Planted(
        "click-export-incomplete",
        "days after the last click record",
        faults.unrecorded_yet,
        _INSTALL_OR_SALE,
        (3, 2, 3, 2, 2, 2),
    ),
    Planted("orphan-click-id", "an id without a click", faults.unrecorded, _ANY, (3, 2, 4, 3, 3, 3)),
    Planted(
        "conversion-before-click",
        "one to three hours early",
        faults.click_too_late,
        _ANY,
        (3, 1, 3, 2, 2, 2),
    ),
    Planted(
        "outside-referral-window",
        "31 days and more after the click",
        faults.click_too_old,
        _INSTALL_OR_SALE,
        (2, 1, 2, 2, 2, 2),
    ),
    Planted(
        "conflicting-order",
        "two amounts, or two people, for one order id",
        faults.ordered_differently,
        _SALE,
        (4, 2, 4, 4, 4, 4),
    ),
    Planted(
        "duplicate-order",
        "the order once more, a minute later",
        faults.ordered_again,
        _SALE,
        (2, 1, 2, 2, 2, 2),
    ),
    Planted("missing-parameter", "no order id", every(order_id=None), _SALE_OR_SIGNUP, (2, 1, 2, 2, 2, 2)),
    Planted("missing-parameter", "no amount", every(amount=None), _SALE, (1, 1, 1, 1, 1, 1)),
    Planted("missing-parameter", "no currency", every(currency=None), _SALE, (1, 0, 1, 1, 1, 1)),
    Planted("missing-parameter", "no customer id", every(customer_id=None), _SIGNUP, (1, 1, 1, 1, 1, 1)),
    Planted(
        "invalid-time",
        "`05.03.2026 14:05`, `test`",
        each("time_text", "05.03.2026 14:05", "test"),
        _SALE,
        (2, 1, 2, 2, 2, 2),
    ),
    Planted(
        "future-event",
        "more than a day ahead",
        faults.in_future,
        ("purchase", "install"),
        (2, 1, 2, 2, 2, 2),
    ),
    Planted("too-old", "more than 88 days old", faults.long_ago, _INSTALL_OR_SALE, (2, 1, 2, 2, 2, 2)),
    Planted(
        "invalid-amount",
        "`1.299,90`, `-20.00`, `$49.99`",
        each("amount", "1.299,90", "-20.00", "$49.99"),
        _SALE,
        (3, 1, 3, 3, 3, 3),
    ),
    Planted(
        "invalid-currency",
        "`EURO`, `US$`",
        each("currency", "EURO", "US$"),
        _SALE,
        (2, 1, 2, 2, 2, 2),
    ),
    Planted(
        "value-too-long",
        "an order id of 90 characters",
        faults.order_id_stretched,
        _SALE,
        (1, 1, 1, 1, 1, 1),
    ),
    Planted(
        "pii-in-parameter",
        "an e-mail address, a phone number",
        each("customer_id", "buyer@example.com", "+12025550143"),
        _SALE_OR_SIGNUP,
        (2, 1, 2, 2, 2, 2),
    ),
    Planted(
        "conflicting-attribution",
        "Google credited",
        every(source="google"),
        _INSTALL_OR_SALE,
        (2, 1, 2, 2, 0, 2),
    ),
    Planted(
        "organic-with-click-id",
        "organic, the ClickId in a referrer; Adjust: in its column; Branch: touched, but not attributed",
        every(source="organic", carrier="referrer"),
        _INSTALL,
        (2, 1, 2, 2, 0, 2),
    ),
    Planted(
        "view-through",
        "touch type impression",
        every(touch="impression"),
        _INSTALL_OR_SALE,
        (2, 1, 0, 2, 0, 0),
    ),
    Planted(
        "view-through",
        "Kochava: matched to an impression",
        every(touch="impression"),
        _SALE,
        (0, 0, 0, 0, 0, 1),
    ),
    Planted(
        "short-click-to-install", "3 to 8 seconds", faults.click_just_before, _INSTALL, (2, 1, 2, 2, 2, 2)
    ),
    Planted("zero-amount", "`0.00`, `0`", each("amount", "0.00", "0"), _SALE, (2, 1, 2, 2, 2, 2)),
    Planted("missing-recommended", "no customer id", every(customer_id=None), _SALE, (3, 2, 3, 2, 2, 2)),
    Planted(
        "matched",
        "install, registration, two purchases by one click",
        faults.journey,
        _INSTALL,
        (48, 20, 48, 20, 20, 20),
    ),
    Planted(
        "matched",
        "the ClickId in a sub parameter; Adjust: in the label; Branch: as an external touch id",
        every(carrier="shared field"),
        _ANY,
        (3, 2, 3, 2, 0, 0),
    ),
    Planted("matched", "further clicks with its ClickId", faults.click_twice, _SALE, (3, 1, 3, 1, 1, 1)),
    Planted(
        "matched", "two minutes before its click", faults.click_within_tolerance, _SALE, (2, 1, 2, 1, 1, 1)
    ),
    Planted("matched", "not primary, but without a twin", every(is_primary=False), _SALE, (2, 1, 0, 0, 0, 0)),
)
