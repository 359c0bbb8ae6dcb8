"""The catalogue of reasons: data, no logic. The only place where a reason's words stand.

The order is the order of precedence: a row's primary reason is the first that applies.

Words in backquotes are to be typed or read literally: keys of mmpsync.toml, columns, commands, macros.
That is the only markup, so that the same text serves the terminal, HTML, SARIF and Markdown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Verdict = Literal["clean", "unattributed", "incomplete", "duplicate", "held", "excluded", "unreadable"]
Severity = Literal["error", "warning", "info", "none"]  # the worst first
Fixer = Literal["app team", "MMP set-up", "partner", "mmpsync configuration", "impact.com", "nobody"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """One entry of the catalogue.

    `code` is what tables, reports and configuration use; `title` fits in a table cell (40 characters at
    most); `meaning` says what was seen and why it matters; `fixers` who can mend it, likeliest first;
    `fix` what that person does; `impact_error` the error code impact.com would have answered, if one is
    documented, with the case it belongs to in brackets where the code depends on it; `is_remark`: it is never the
    primary reason, only ever said beside one.
    """

    code: str
    verdict: Verdict
    severity: Severity
    title: str
    meaning: str
    fixers: tuple[Fixer, ...]
    fix: str
    impact_error: str | None = None
    is_remark: bool = False


VERDICT_MEANINGS: Mapping[Verdict, str] = MappingProxyType(
    {
        "clean": "Ready to be sent to impact.com.",
        "unattributed": "No partner can be credited: no valid click stands behind it.",
        "incomplete": "Something impact.com needs to pay for it is missing or not valid.",
        "duplicate": "Reported more than once, or contradicted by another row.",
        "held": "Waits until the click records cover its date.",
        "excluded": "Not for impact.com to pay (again): counted, but in no rate.",
        "unreadable": "Damaged, so that nothing in the row can be trusted.",
    }
)

VERDICTS: tuple[Verdict, ...] = tuple(VERDICT_MEANINGS)
OUT_OF_SCOPE: tuple[Verdict, ...] = ("excluded", "unreadable")
IN_SCOPE: tuple[Verdict, ...] = tuple(verdict for verdict in VERDICTS if verdict not in OUT_OF_SCOPE)
OUT_OF_RATE: tuple[Verdict, ...] = ("held", "duplicate")
"""Of those in scope, what the match rate leaves out: match rate = clean / (in scope - held - duplicate)."""
AT_RISK: tuple[Verdict, ...] = ("unattributed", "incomplete")
"""The rows whose money is at risk."""

SEPARATOR = ";"
"""What stands between the reasons of a row, where they are one text: missing-click-id;missing-parameter:amount."""

CATALOGUE: tuple[Reason, ...] = (
    Reason(
        code="unreadable-row",
        verdict="unreadable",
        severity="error",
        title="Row cannot be read",
        meaning=(
            "The line is damaged: it has more or fewer cells than the header, a quotation mark that never "
            "closes, or bytes that are not text. mmpsync does not guess what it meant and keeps it in "
            "unreadable.csv."
        ),
        fixers=("MMP set-up", "app team"),
        fix=(
            "Export the same period from the MMP again, and do not open the file in a spreadsheet on the "
            "way. If the same line is damaged every time, look at it in unreadable.csv and have the app stop "
            "sending line breaks and stray quotation marks in that field."
        ),
    ),
    Reason(
        code="not-a-conversion",
        verdict="excluded",
        severity="info",
        title="Not a conversion",
        meaning=(
            "The row records something no partner is paid for: a click, an impression, a session, a consent "
            "update, an uninstall or ad revenue, for example."
        ),
        fixers=("nobody",),
        fix=(
            "Nothing to fix. To keep such rows out, export only the install and in-app event reports of the "
            "MMP."
        ),
    ),
    Reason(
        code="superseded",
        verdict="excluded",
        severity="info",
        title="Replaced by another row",
        meaning=(
            "The MMP reported this conversion again with a different attribution, and the other row is the "
            "one that counts. Keeping both would count one conversion twice."
        ),
        fixers=("nobody",),
        fix=(
            "Nothing to fix. The attribution that counts stands in the other row of the same install or "
            "event."
        ),
    ),
    Reason(
        code="test-row",
        verdict="excluded",
        severity="info",
        title="Test or sandbox row",
        meaning=(
            "The row comes from a sandbox or test environment, or carries impact.com's test marker "
            "`impacttest`. No partner is paid for it."
        ),
        fixers=("app team",),
        fix=(
            "Nothing to fix while you are testing. If these are real users, have the app released with the "
            "MMP's SDK switched from sandbox to production."
        ),
    ),
    Reason(
        code="rejected-by-mmp",
        verdict="excluded",
        severity="info",
        title="Rejected by the MMP's own rules",
        meaning=(
            "The MMP's own fraud or validation rules rejected this conversion. mmpsync passes that decision "
            "on and adds no judgement of its own."
        ),
        fixers=("MMP set-up",),
        fix=(
            "Nothing to fix if you agree. If you do not, look up why it was rejected (Protect360 in "
            "AppsFlyer, `rejection_reason` in Adjust) and change that rule in the MMP."
        ),
    ),
    Reason(
        code="unmapped-event",
        verdict="excluded",
        severity="info",
        title="Event is not configured",
        meaning=(
            "The events you pay for are listed in mmpsync.toml, and this event name is not among them. If the "
            "app renamed an event, its partners go unpaid until the list knows the new name."
        ),
        fixers=("mmpsync configuration", "app team"),
        fix=(
            "If you pay for this event, add its name to `events.<name>.names` in mmpsync.toml, spelled as "
            "the MMP spells it. Otherwise leave it out."
        ),
    ),
    Reason(
        code="restricted-source",
        verdict="excluded",
        severity="info",
        title="Source is hidden for privacy",
        meaning=(
            "A privacy rule keeps the MMP from saying which source drove this conversion. It may or may not "
            "be one of your partners', so it is not counted as organic."
        ),
        fixers=("MMP set-up",),
        fix=(
            "Nothing can be recovered from the row itself. Check in the MMP whether the restriction has to "
            "apply to impact.com (in AppsFlyer: Advanced Privacy for that partner)."
        ),
    ),
    Reason(
        code="organic",
        verdict="excluded",
        severity="info",
        title="Organic, no partner involved",
        meaning="The MMP found no source for this conversion, and the row carries no ClickId.",
        fixers=("nobody",),
        fix=(
            "Nothing to fix. If such rows also reach impact.com and clutter its reports, let the MMP share "
            "only the data attributed to impact.com (in Adjust: the data sharing setting of the Impact "
            "partner)."
        ),
        impact_error="ACTION_REF_NOT_FOUND",
    ),
    Reason(
        code="other-source",
        verdict="excluded",
        severity="info",
        title="Credited to another source",
        meaning="The MMP credits a source other than impact.com, and the row carries no ClickId.",
        fixers=("mmpsync configuration",),
        fix=(
            "Nothing to fix if that source is right. If it is impact.com under another name, add the name to "
            "`sources.<mmp>.media_sources` in mmpsync.toml."
        ),
        impact_error="ACTION_REF_NOT_FOUND",
    ),
    Reason(
        code="already-credited",
        verdict="excluded",
        severity="info",
        title="Credited at impact.com already",
        meaning=(
            "An action that is not reversed stands at impact.com for this order and event: a partner is credited "
            "already. The conversion is never sent a second time and leaves every rate, so that the rates speak "
            "of what is still open."
        ),
        fixers=("nobody",),
        fix="Nothing to fix.",
        impact_error="CONV_DUPLICATE",
    ),
    Reason(
        code="reversed-at-impact",
        verdict="excluded",
        severity="warning",
        title="Reversed at impact.com",
        meaning=(
            "The action for this order and event was reversed at impact.com: returned, rejected or a test, for "
            "example. Somebody decided that it is not paid, so the conversion is not sent again behind their "
            "back."
        ),
        fixers=("impact.com", "partner"),
        fix=(
            "Look the action up at impact.com by its order id and ask the partner manager why it was reversed. "
            "If that was a mistake, have it put right there."
        ),
        impact_error="CONV_DUPLICATE",
    ),
    Reason(
        code="amount-differs",
        verdict="excluded",
        severity="warning",
        title="Other amount than at impact.com",
        meaning=(
            "The conversion was credited with another amount, or in another currency, than the export "
            "has; the word after the colon says which, as in `amount-differs:currency`. A partner who is paid a "
            "percentage is paid too much or too little. Actions usually show the currency of the impact.com "
            "account, so orders in other currencies differ in any case."
        ),
        fixers=("app team", "MMP set-up", "impact.com"),
        fix=(
            "Compare the row's `amount` with `action_amount` in excluded.parquet and find out which of shipping, "
            "tax, discounts and returns the MMP and impact.com count. Correct the action at impact.com before it "
            "locks, and have the app send one and the same amount to both."
        ),
        is_remark=True,
    ),
    Reason(
        code="duplicate-row",
        verdict="duplicate",
        severity="warning",
        title="Row was already read",
        meaning=(
            "The same row occurs earlier in this run: same MMP and same event id or, where there are no "
            "event ids, the same value in every field. The first copy counts, so no partner loses anything."
        ),
        fixers=("MMP set-up", "mmpsync configuration"),
        fix=(
            "Export periods that do not overlap, and give each file to mmpsync once. If different events "
            "share an id, set `sources.<mmp>.fields.event_id` in mmpsync.toml to the column that tells them "
            "apart."
        ),
        impact_error="CONV_DUPLICATE",
    ),
    Reason(
        code="missing-click-id",
        verdict="unattributed",
        severity="error",
        title="ClickId is missing",
        meaning=(
            "The MMP credits impact.com, but nothing in the row holds a ClickId. Without it impact.com "
            "cannot tell which partner to pay."
        ),
        fixers=("MMP set-up", "mmpsync configuration", "app team"),
        fix=(
            "In the MMP, check that the link passes `{clickid}` on and that the export has the column which "
            "keeps it (AppsFlyer: `Original URL`, Adjust: `{dcp_irclickid}`, Branch: `~click_id`, Segment: "
            "`context.referrer.id`, Kochava: `click_original_request`). If it stands elsewhere, name the "
            "place in `sources.<mmp>.fields.click_id` or `click_id_params` in mmpsync.toml."
        ),
        impact_error="ACTION_REF_NOT_FOUND",
    ),
    Reason(
        code="unexpanded-macro",
        verdict="unattributed",
        severity="error",
        title="Macro instead of a ClickId",
        meaning=(
            "The value is a macro such as `{clickid}` that should have turned into the real ClickId when "
            "somebody clicked. Every conversion through that link loses its partner."
        ),
        fixers=("MMP set-up", "partner"),
        fix=(
            "In the tracking link, write impact.com's macro exactly as `{clickid}`: lower case, plain "
            "braces, not URL-encoded (a Branch template may still say `{ClickId}`). Then test the link with "
            "`mmpsync check --link URL`."
        ),
        impact_error="ACTION_REF_NOT_FOUND",
    ),
    Reason(
        code="placeholder-click-id",
        verdict="unattributed",
        severity="error",
        title="Placeholder instead of a ClickId",
        meaning=(
            "The value is a stand-in such as `0`, `undefined` or `test`. Some step had no ClickId and filled "
            "the gap, so the real one was lost before that step. `hashed`: the MMP itself has put a hash, or "
            "a word for it, where the ClickId was."
        ),
        fixers=("app team", "MMP set-up", "partner"),
        fix=(
            "Find the step that writes this value, in the app's code or the MMP's link, and follow the "
            "ClickId back from there to where it is lost; where there is none, leave the parameter empty. If "
            "the MMP hashed it, export sooner (Branch: within 7 days) or take its webhooks."
        ),
        impact_error="ACTION_REF_NOT_FOUND",
    ),
    Reason(
        code="malformed-click-id",
        verdict="unattributed",
        severity="error",
        title="Not a valid ClickId",
        meaning=(
            "The value cannot be a ClickId: it is longer than 64 characters, or has blanks or control "
            "characters in it. Often other text was joined to it, or a whole URL landed in the field."
        ),
        fixers=("MMP set-up", "mmpsync configuration"),
        fix=(
            "Compare `click_id_raw` in exceptions.csv with the link in the MMP, and take out whatever is "
            "joined to the ClickId there. If mmpsync reads the wrong column, set "
            "`sources.<mmp>.fields.click_id` in mmpsync.toml."
        ),
        impact_error="CONV_MALFORMED",
    ),
    Reason(
        code="foreign-click-id",
        verdict="unattributed",
        severity="error",
        title="Id of another network or of the MMP",
        meaning=(
            "The value is an id, but not one of impact.com's: it looks like another ad network's click id "
            "(Google's gclid, Meta's fbclid), or it is the MMP's own id of this row. No impact.com click "
            "carries it."
        ),
        fixers=("mmpsync configuration", "MMP set-up"),
        fix=(
            "Set `sources.<mmp>.fields.click_id` in mmpsync.toml to the column or parameter that holds "
            "impact.com's ClickId. If the link itself sends the wrong id, put `{clickid}` into that "
            "parameter in the MMP."
        ),
        impact_error="ACTION_REF_NOT_FOUND",
    ),
    Reason(
        code="click-id-case-changed",
        verdict="unattributed",
        severity="error",
        title="ClickId changed its letter case",
        meaning=(
            "A click with this id exists, but with other capital and small letters. To impact.com these are "
            "two different ids, so it does not find the click."
        ),
        fixers=("app team", "MMP set-up"),
        fix=(
            "Find the step that turns text into lower or upper case, often a URL rewrite, the app's code or "
            "a data warehouse, and exempt the ClickId. The true id of each row is in `suggestion` in "
            "exceptions.csv."
        ),
        impact_error="ACTION_REF_NOT_FOUND",
    ),
    Reason(
        code="click-id-encoding-changed",
        verdict="unattributed",
        severity="error",
        title="ClickId changed its encoding",
        meaning=(
            "A click with this id exists, but some characters arrived in URL code (`%3A` for a colon) or a "
            "plus sign became a blank. impact.com compares ids character by character and does not find the "
            "click."
        ),
        fixers=("MMP set-up", "app team"),
        fix=(
            "Find the redirect or postback that encodes or decodes the ClickId once too often, and pass the "
            "value on as it came. The true id of each row is in `suggestion` in exceptions.csv."
        ),
        impact_error="ACTION_REF_NOT_FOUND",
    ),
    Reason(
        code="click-id-truncated",
        verdict="unattributed",
        severity="error",
        title="ClickId was cut off",
        meaning=(
            "The value is the beginning of exactly one known ClickId, and its end is gone; or no click has it, "
            "and it stands where the export cut a text off. Some field between the click and the export is "
            "too short for it."
        ),
        fixers=("MMP set-up", "app team"),
        fix=(
            "Make room for 64 characters wherever the ClickId is kept: in the app, in the MMP's parameter "
            "and in any database behind the export. The true id of each row is in `suggestion` in "
            "exceptions.csv."
        ),
        impact_error="ACTION_REF_NOT_FOUND",
    ),
    Reason(
        code="click-export-incomplete",
        verdict="held",
        severity="info",
        title="Click records do not cover its date",
        meaning=(
            "No click has this ClickId, but the click records you gave do not cover the time of this "
            "conversion. Its click may simply not be in the files yet."
        ),
        fixers=("mmpsync configuration",),
        fix=(
            "Bring the missing days down with `mmpsync fetch clicks` (ask for a day once it is over) and "
            "reconcile again."
        ),
    ),
    Reason(
        code="orphan-click-id",
        verdict="unattributed",
        severity="error",
        title="No click has this ClickId",
        meaning=(
            "The value could be a ClickId and the click records cover this date, but none of them carries "
            "it. impact.com pays no partner for a click it has not recorded."
        ),
        fixers=("mmpsync configuration", "partner", "impact.com"),
        fix=(
            "Make sure the click records belong to `program.campaign_id` and begin one "
            "`program.referral_window` before the first conversion. If they do, ask the partner how its link "
            "is built, and impact.com about a few of these ids."
        ),
        impact_error="ACTION_REF_NOT_FOUND",
    ),
    Reason(
        code="conversion-before-click",
        verdict="unattributed",
        severity="error",
        title="Conversion is earlier than its click",
        meaning=(
            "Every click with this ClickId is later than the conversion, by more than clocks may differ. A "
            "click cannot drive what has already happened; most often a time zone is wrong."
        ),
        fixers=("mmpsync configuration", "app team"),
        fix=(
            "If the rows are off by whole hours, set `sources.<mmp>.timezone` in mmpsync.toml to the zone of "
            "the export. If they are off by a few minutes, raise `program.clock_tolerance`."
        ),
        impact_error="OUTSIDE_ASSOCIATION_WINDOW",
    ),
    Reason(
        code="outside-referral-window",
        verdict="unattributed",
        severity="error",
        title="Too long after the click",
        meaning=(
            "The last click before this conversion is older than the referral window, the time within which "
            "your contract pays for a click."
        ),
        fixers=("mmpsync configuration", "impact.com"),
        fix=(
            "Compare `program.referral_window` in mmpsync.toml with the referral window of the contract in "
            "impact.com. To pay for later conversions too, lengthen it in the contract first."
        ),
        impact_error="OUTSIDE_ASSOCIATION_WINDOW",
    ),
    Reason(
        code="conflicting-order",
        verdict="duplicate",
        severity="error",
        title="Same order id, different details",
        meaning=(
            "Several conversions share this order id but differ in ClickId, amount or currency. mmpsync "
            "cannot know which one is true and sends none of them."
        ),
        fixers=("app team", "mmpsync configuration"),
        fix=(
            "Have the app give every order an id of its own and report it once. If the id stands in another "
            "column, set `sources.<mmp>.fields.order_id` in mmpsync.toml."
        ),
        impact_error="CONV_DUPLICATE",
    ),
    Reason(
        code="duplicate-order",
        verdict="duplicate",
        severity="error",
        title="Order was already reported",
        meaning=(
            "An earlier conversion of the same event has the same order id, ClickId, amount and currency. "
            "The earliest one counts, so that no partner is paid twice."
        ),
        fixers=("app team", "mmpsync configuration"),
        fix=(
            "Have the app report each order once, also when a request is repeated or a receipt is opened "
            "again. If different orders share an id, set `sources.<mmp>.fields.order_id` in mmpsync.toml to "
            "the column with the real one."
        ),
        impact_error="CONV_DUPLICATE",
    ),
    Reason(
        code="missing-parameter",
        verdict="incomplete",
        severity="error",
        title="Required parameter is missing",
        meaning=(
            "A parameter you require for this event is empty; the name after the colon says which, as in "
            "`missing-parameter:order_id`. Without it impact.com may refuse the conversion or pay the wrong "
            "sum."
        ),
        fixers=("app team", "MMP set-up", "mmpsync configuration"),
        fix=(
            "Have the app send the parameter with the event and the MMP export it; if it arrives under "
            "another name, set that field in mmpsync.toml, for example `sources.<mmp>.fields.order_id`. If "
            "the event can do without it, take it out of `events.<name>.required`."
        ),
        impact_error="OID_MISSING (no order id), NO_ITEM (no items, where the sale needs them)",
    ),
    Reason(
        code="invalid-time",
        verdict="incomplete",
        severity="error",
        title="Event time cannot be read",
        meaning=(
            "The time of the conversion is not written in a form mmpsync knows. Without it, nobody can tell "
            "whether a click came first and was recent enough."
        ),
        fixers=("MMP set-up", "mmpsync configuration"),
        fix=(
            "Export times like `2025-03-01T12:00:00Z` or as seconds since 1970, and keep spreadsheets from "
            "rewriting them. If mmpsync reads the wrong column, set `sources.<mmp>.fields.event_time` in "
            "mmpsync.toml."
        ),
    ),
    Reason(
        code="future-event",
        verdict="incomplete",
        severity="error",
        title="Event lies in the future",
        meaning=(
            "The conversion is dated more than 24 hours after the run began, or after the time given with "
            "`--as-of`. Usually the clock of the user's device is wrong."
        ),
        fixers=("app team", "mmpsync configuration"),
        fix=(
            "Have the app report the time of your server instead of the device's. When you repeat an old "
            "run, check that `--as-of` is not earlier than the export."
        ),
    ),
    Reason(
        code="too-old",
        verdict="incomplete",
        severity="error",
        title="Too old to be sent",
        meaning=(
            "The conversion is older than `program.max_event_age`, 88 days unless you change it. In uploaded "
            "files impact.com ignores conversions beyond that age; for its API it publishes no limit."
        ),
        fixers=("mmpsync configuration", "impact.com"),
        fix=(
            "Reconcile and push every night, so that nothing grows this old. If impact.com confirms that it "
            "takes older conversions from you, raise `program.max_event_age` in mmpsync.toml."
        ),
    ),
    Reason(
        code="invalid-amount",
        verdict="incomplete",
        severity="error",
        title="Amount is not valid",
        meaning=(
            "The amount is negative, or not a plain number with a decimal point. mmpsync does not guess what "
            "decimal commas, thousands separators or currency signs were meant to say."
        ),
        fixers=("app team", "MMP set-up"),
        fix=(
            "Look at such a row in the MMP: if its amount is right there, a spreadsheet rewrote the file (Excel may "
            "write `5,90`), so export it again and do not open it in one; if not, have the app send amounts like "
            "`1299.90`, with the currency in a parameter of its own. Enter refunds in impact.com as a change or "
            "reversal of the action, not as a negative sale."
        ),
    ),
    Reason(
        code="invalid-currency",
        verdict="incomplete",
        severity="error",
        title="Currency code is not valid",
        meaning=(
            "The currency is not one of the three-letter ISO 4217 codes, such as `USD` or `EUR`. An amount "
            "in an unknown currency cannot be paid correctly."
        ),
        fixers=("app team", "mmpsync configuration"),
        fix=(
            "Have the app send the code instead of a sign or a name. If the code stands in another column, "
            "set `sources.<mmp>.fields.currency` in mmpsync.toml."
        ),
    ),
    Reason(
        code="value-too-long",
        verdict="incomplete",
        severity="error",
        title="Value is too long for impact.com",
        meaning=(
            "A value is longer than impact.com's field for it, which holds 64 characters for an order id, "
            "for example. mmpsync shortens nothing, because two orders could then look like one."
        ),
        fixers=("app team", "mmpsync configuration"),
        fix=(
            "Have the app send a shorter value that is still unique. If a whole receipt or URL landed in the "
            "field, point it at the right column in mmpsync.toml, for example with "
            "`sources.<mmp>.fields.order_id`."
        ),
    ),
    Reason(
        code="pii-in-parameter",
        verdict="incomplete",
        severity="error",
        title="Personal data in an id",
        meaning=(
            "The order id or customer id is an e-mail address or a phone number. impact.com does not allow "
            "ids that identify a person, so mmpsync does not send them."
        ),
        fixers=("app team", "mmpsync configuration"),
        fix=(
            "Have the app send an id that says nothing about the person, such as the customer number of your "
            "database. If the export already has one, set `sources.<mmp>.fields.customer_id` or "
            "`sources.<mmp>.fields.order_id` in mmpsync.toml."
        ),
    ),
    Reason(
        code="conflicting-attribution",
        verdict="clean",
        severity="warning",
        title="ClickId, but another source credited",
        meaning=(
            "The row carries a ClickId, but the MMP credits another source. It can be sent, and you may then "
            "pay two channels for one conversion."
        ),
        fixers=("MMP set-up", "mmpsync configuration", "app team"),
        fix=(
            "Decide which of the two you pay, and compare the attribution windows of both in the MMP; an app "
            "that keeps a ClickId for too long can also be the cause. If the other source is impact.com "
            "under another name, add it to `sources.<mmp>.media_sources` in mmpsync.toml."
        ),
    ),
    Reason(
        code="organic-with-click-id",
        verdict="clean",
        severity="warning",
        title="ClickId, but the MMP says organic",
        meaning=(
            "The row carries a ClickId, but the MMP found no source for it. Often the MMP looks back over "
            "fewer days than your referral window."
        ),
        fixers=("MMP set-up",),
        fix=(
            "In the MMP, bring the click lookback window of the impact.com link as close to "
            "`program.referral_window` as it allows."
        ),
    ),
    Reason(
        code="view-through",
        verdict="clean",
        severity="warning",
        title="Ad was seen, not clicked",
        meaning=(
            "The MMP credits an impression instead of a click. impact.com usually refuses such conversions, "
            "because the contract does not pay for them."
        ),
        fixers=("MMP set-up", "impact.com"),
        fix=(
            "Switch view-through attribution off for impact.com in the MMP. If you do want to pay for it, "
            "put it into the contract terms in impact.com."
        ),
        impact_error="REFTYPE_NOT_ACCEPTED",
    ),
    Reason(
        code="short-click-to-install",
        verdict="clean",
        severity="warning",
        title="Install under 10 s after the click",
        meaning=(
            "Less than 10 seconds lie between the click and the install, hardly enough to download an app. "
            "One such row says little; many from one publisher deserve a question."
        ),
        fixers=("partner", "MMP set-up"),
        fix=(
            "Compare the click-to-install times per partner and publisher in the report, and ask the partner "
            "where these clicks come from. First rule out that the clocks behind click and install times "
            "differ."
        ),
    ),
    Reason(
        code="zero-amount",
        verdict="clean",
        severity="warning",
        title="Amount is zero",
        meaning=(
            "The event requires an amount and it is 0. A partner who is paid a percentage earns nothing from "
            "this conversion."
        ),
        fixers=("app team", "mmpsync configuration"),
        fix=(
            "Have the app send what the customer paid. If free orders are normal, take `amount` out of "
            "`events.<name>.required` in mmpsync.toml."
        ),
    ),
    Reason(
        code="missing-recommended",
        verdict="clean",
        severity="info",
        title="Recommended parameter is missing",
        meaning=(
            "A parameter you recommend for this event is empty; the name after the colon says which, as in "
            "`missing-recommended:customer_id`. The conversion can be sent without it."
        ),
        fixers=("app team", "MMP set-up", "mmpsync configuration"),
        fix=(
            "Have the app send the parameter with the event and the MMP export it, or set its column in "
            "mmpsync.toml, for example `sources.<mmp>.fields.customer_id`. If you do not need it, take it "
            "out of `events.<name>.recommended`."
        ),
    ),
    Reason(
        code="matched",
        verdict="clean",
        severity="none",
        title="Matched to its click",
        meaning="The conversion belongs to a click of impact.com, and everything it needs is there.",
        fixers=("nobody",),
        fix="Nothing to fix.",
    ),
    Reason(
        code="not-joined",
        verdict="clean",
        severity="info",
        title="Not compared with any click",
        meaning=(
            "No click records were given, so mmpsync looked only at the form of the ClickId. Whether a click "
            "with it exists is not known."
        ),
        fixers=("mmpsync configuration",),
        fix="Bring click records down with `mmpsync fetch clicks` and reconcile again with `--clicks`.",
    ),
)

BY_CODE: Mapping[str, Reason] = MappingProxyType({reason.code: reason for reason in CATALOGUE})
