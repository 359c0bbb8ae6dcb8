"""The catalogue of what a check of links finds: data, no logic. docs and tests are held against it.

Words in backquotes are to be typed or read literally.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from mmpsync.preflight.findings import Level

__all__ = ["BY_CODE", "CATALOGUE", "LinkFault"]


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkFault:
    """One kind of finding: what it means for the ClickId, and what to do."""

    code: str
    level: Level
    title: str
    meaning: str
    fix: str


CATALOGUE: tuple[LinkFault, ...] = (
    # How the link is written.
    LinkFault(
        code="not-a-link",
        level="error",
        title="Not a web address",
        meaning="What was given does not begin like a web address, so nothing in it can be checked.",
        fix="Copy the whole link again, from `https://` to its end.",
    ),
    LinkFault(
        code="stray-characters",
        level="error",
        title="Blanks or invisible characters",
        meaning=(
            "A blank, a line break or a character that cannot be seen stands in the link. Browsers and chat programs "
            "cut links there, and what follows is lost."
        ),
        fix="Copy the link again from where it was made, without blanks and line breaks.",
    ),
    LinkFault(
        code="encoded-link",
        level="error",
        title="The whole link is encoded",
        meaning="The link was written to stand inside another one. By itself it leads nowhere.",
        fix="Copy the link again from where it was made.",
    ),
    LinkFault(
        code="wrapped-link",
        level="error",
        title="The link of a mail program or a chat",
        meaning=(
            "A mail program, a chat or a search page put a link of its own around yours, to look at what is clicked. It may "
            "stop working, and it changes what stands inside."
        ),
        fix="Copy the link again from where it was made, not out of a message.",
    ),
    LinkFault(
        code="html-ampersand",
        level="error",
        title="Ampersands copied from a web page",
        meaning=(
            "The link was copied out of the source of a web page or e-mail, where `&` is written `&amp;`. The parameters "
            "behind it get a wrong name and are not seen."
        ),
        fix="Write `&` for every `&amp;`.",
    ),
    LinkFault(
        code="wrong-separator",
        level="error",
        title="? and & in the wrong place",
        meaning=(
            "A link has one `?`, before its first parameter, and `&` between the others. Behind a wrong sign, a "
            "parameter becomes part of what stands before it."
        ),
        fix="Put `?` before the first parameter and `&` before every other one.",
    ),
    LinkFault(
        code="no-https",
        level="error",
        title="Does not begin with https://",
        meaning=(
            "Without https the link is redirected or refused on the way, by AppsFlyer always and by phones often, and "
            "may lose its parameters."
        ),
        fix="Begin the link with `https://`.",
    ),
    LinkFault(
        code="host-wrong",
        level="error",
        title="The address is not the MMP's",
        meaning=(
            "The link begins almost like a tracking link, but not quite: a letter is wrong or missing, or something stands "
            "behind it that does not belong there. Such an address leads nowhere, or to somebody else."
        ),
        fix="Copy the link from the MMP again.",
    ),
    LinkFault(
        code="user-in-link",
        level="warning",
        title="A user name in the link",
        meaning=(
            "What stands before the `@` is a user name. It can hide where the link leads, so browsers warn of it and "
            "phones refuse it."
        ),
        fix="Leave out everything between `https://` and the `@`, and the `@` itself.",
    ),
    LinkFault(
        code="store-page",
        level="error",
        title="The link leads straight to a store",
        meaning="The click goes past the MMP, which then knows nothing of it, so no ClickId can be handed on.",
        fix="Give impact.com the link that the MMP made for it; that link leads on to the store.",
    ),
    LinkFault(
        code="unknown-link",
        level="warning",
        title="Not a link that mmpsync knows",
        meaning="Neither its host nor its parameters say that it is a tracking link, so nothing was checked.",
        fix=(
            "Give the link that the MMP made for impact.com, your landing page with the parameter of the ClickId, or a "
            "tracking link of impact.com. Of a shortened link, give the one that it leads to."
        ),
    ),
    LinkFault(
        code="not-filled-in",
        level="error",
        title="A placeholder was left in",
        meaning="Part of a template stands in the link where the id of your app, link or partner belongs.",
        fix="Replace the placeholder, or copy the finished link from the MMP.",
    ),
    LinkFault(
        code="value-not-filled-in",
        level="warning",
        title="A parameter was not filled in",
        meaning=(
            "A parameter that is not needed for the ClickId holds a placeholder, or a macro that impact.com does not "
            "replace. Reports will show it as it is."
        ),
        fix="Fill the parameter in, or leave it out.",
    ),
    # Whose link it is.
    LinkFault(
        code="not-a-click-link",
        level="error",
        title="The link counts views, not clicks",
        meaning="The MMP counts a view at this address and opens nothing. impact.com credits clicks only.",
        fix="Use the click link of the same app.",
    ),
    LinkFault(
        code="app-missing",
        level="error",
        title="The link names no app",
        meaning="The MMP cannot tell which app the click is for, so the click leads nowhere and counts for nothing.",
        fix="Copy the link of your app from the MMP again.",
    ),
    LinkFault(
        code="app-unknown",
        level="warning",
        title="The app is not in mmpsync.toml",
        meaning="Your configuration lists apps, and the one that the link names is not among them.",
        fix="Correct the app in the link, or add it to `apps` in mmpsync.toml.",
    ),
    LinkFault(
        code="partner-missing",
        level="error",
        title="The link does not name impact.com",
        meaning="The MMP credits a click to the partner that the link names. Without one, impact.com gets no credit.",
        fix="Add the parameter that names impact.com.",
    ),
    LinkFault(
        code="partner-wrong",
        level="error",
        title="The link names another partner",
        meaning="The MMP credits its clicks to the partner that the link names, which is not impact.com.",
        fix="Put impact.com's name there, exactly as the MMP spells it.",
    ),
    LinkFault(
        code="partner-not-checked",
        level="warning",
        title="The partner was not checked",
        meaning="The MMP keeps the partner of a shortened link to itself, so it is not known who gets the credit.",
        fix="Look the link up in the MMP: its partner has to be impact.com.",
    ),
    LinkFault(
        code="tracker-missing",
        level="error",
        title="The link has no Adjust tracker",
        meaning="Adjust knows a link by its token. Without one the click is counted for nobody.",
        fix="Copy the link from Adjust again; its token stands behind `app.adjust.com/` or in `adj_t=`.",
    ),
    LinkFault(
        code="tracker-wrong",
        level="error",
        title="Not impact.com's Adjust tracker",
        meaning="The token is none of those that mmpsync.toml lists as impact.com's, so another link gets the credit.",
        fix="Use the link of impact.com, or add the token to `sources.adjust.trackers` in mmpsync.toml.",
    ),
    LinkFault(
        code="tracker-not-checked",
        level="info",
        title="Adjust tracker was not checked",
        meaning="Only you know which Adjust link is impact.com's, and mmpsync.toml does not say it.",
        fix="List the tokens of impact.com's links under `sources.adjust.trackers` in mmpsync.toml.",
    ),
    # Where the ClickId stands.
    LinkFault(
        code="click-id-missing",
        level="error",
        title="The link has no ClickId",
        meaning="Nothing in the link carries impact.com's ClickId, so no conversion can be traced back to its click.",
        fix="Add the parameter with impact.com's macro.",
    ),
    LinkFault(
        code="click-id-misplaced",
        level="error",
        title="The ClickId is in another parameter",
        meaning="The ClickId stands in a parameter that is not read for it. Upper and lower case matter in names.",
        fix="Put it into the parameter that is read.",
    ),
    LinkFault(
        code="behind-the-hash",
        level="error",
        title="Parameters behind #",
        meaning="Whatever stands behind `#` stays in the browser and never reaches the MMP or your server.",
        fix="Move the parameters in front of the `#`.",
    ),
    LinkFault(
        code="inside-another-link",
        level="error",
        title="The ClickId is inside another link",
        meaning=(
            "The ClickId is a parameter of a second link, one that this link only forwards to. The MMP reads the "
            "parameters of the outer link only."
        ),
        fix="Give the outer link the parameter too.",
    ),
    LinkFault(
        code="given-twice",
        level="error",
        title="Given twice, with different values",
        meaning="The same thing stands in the link twice and differs, and nobody can say which one is taken.",
        fix="Keep one of them.",
    ),
    LinkFault(
        code="click-id-in-exports-only",
        level="warning",
        title="Only mmpsync will see the ClickId",
        meaning=(
            "The ClickId stands in a parameter that your mmpsync.toml reads from exports, but the MMP hands only its own "
            "parameter back to impact.com by itself."
        ),
        fix="Add the MMP's own parameter beside it, so that impact.com gets the ClickId at once.",
    ),
    LinkFault(
        code="click-id-cut-off",
        level="warning",
        title="The ClickId may be cut off",
        meaning="The link is so long that the ClickId stands where long links are cut.",
        fix="Move the ClickId to the front of the parameters, or shorten the link.",
    ),
    LinkFault(
        code="column-needed",
        level="info",
        title="Adjust exports it on request only",
        meaning="Adjust keeps the parameter of a link, but its exports have only the columns that you list.",
        fix="List the column in Adjust's CSV definition, and name it in mmpsync.toml.",
    ),
    # What stands in its place.
    LinkFault(
        code="click-id-empty",
        level="error",
        title="The ClickId's parameter is empty",
        meaning="The parameter is there, but nothing stands behind its equals sign, so nothing will arrive.",
        fix="Write `{clickid}` behind the equals sign.",
    ),
    LinkFault(
        code="macro-misspelled",
        level="error",
        title="The ClickId's macro is misspelled",
        meaning=(
            "impact.com replaces the macro `{clickid}` with the ClickId, in exactly this spelling. Anything else arrives "
            "as it was written."
        ),
        fix="Write `{clickid}`, in lower case and with one brace on each side.",
    ),
    LinkFault(
        code="macro-encoded",
        level="error",
        title="The braces of the macro are encoded",
        meaning="A program replaced the braces with `%7B` and `%7D`, and impact.com does not see a macro any more.",
        fix="Write the braces themselves: `{clickid}`.",
    ),
    LinkFault(
        code="macro-encoded-twice",
        level="error",
        title="The macro is encoded more than once",
        meaning="The link went through two programs that encode, as `%257B` shows. No macro is left to be replaced.",
        fix="Write the braces themselves: `{clickid}`.",
    ),
    LinkFault(
        code="macro-wrong",
        level="error",
        title="Another macro than the ClickId's",
        meaning="The macro belongs to another network, or stands for something else than the ClickId.",
        fix="Write impact.com's macro for the ClickId: `{clickid}`.",
    ),
    LinkFault(
        code="macro-not-alone",
        level="error",
        title="More than the macro",
        meaning="Other text stands beside the macro. It becomes part of the ClickId, which impact.com then does not know.",
        fix="Leave `{clickid}` alone behind the equals sign, and put the rest into a parameter of its own.",
    ),
    LinkFault(
        code="click-id-placeholder",
        level="error",
        title="A placeholder instead of the macro",
        meaning="A word that holds the place stands where the macro belongs, and every click would carry it.",
        fix="Write `{clickid}` in its place.",
    ),
    LinkFault(
        code="click-id-fixed",
        level="error",
        title="A fixed value instead of the macro",
        meaning="Every click would carry this one value, and impact.com could credit one click at most.",
        fix=(
            "Write `{clickid}` in its place. If you copied the link from a browser after a click, all is well: check "
            "the link that you gave to impact.com instead."
        ),
    ),
    # Links of impact.com itself.
    LinkFault(
        code="target-not-encoded",
        level="error",
        title="The target page is not encoded",
        meaning=(
            "The page behind `u=` has parameters of its own. As it is written, they are taken for parameters of the "
            "tracking link, and the page opens without them."
        ),
        fix="Encode the whole target, so that its `?` reads `%3F` and its `&` reads `%26`.",
    ),
    LinkFault(
        code="target-encoded-twice",
        level="error",
        title="The target page is encoded twice",
        meaning="The page behind `u=` begins with `http%253A`. impact.com decodes it once, and no address comes out.",
        fix="Encode the target once.",
    ),
    LinkFault(
        code="incomplete-tracking-link",
        level="error",
        title="Numbers are missing from the link",
        meaning="A tracking link of impact.com has three numbers behind `/c/`: the partner, the ad and the program.",
        fix="Copy the link from impact.com again.",
    ),
    LinkFault(
        code="other-program",
        level="warning",
        title="Link of another program",
        meaning="The third number of the link is a program of impact.com's, and not the one in mmpsync.toml.",
        fix="Use the link of your program, or correct `program.campaign_id` in mmpsync.toml.",
    ),
    LinkFault(
        code="click-id-not-needed",
        level="warning",
        title="impact.com makes the ClickId itself",
        meaning=(
            "The ClickId comes into being when somebody clicks this link. It cannot stand in the link already, and the "
            "macro is not replaced here."
        ),
        fix="Leave the parameter out.",
    ),
    LinkFault(
        code="value-too-long",
        level="warning",
        title="Longer than impact.com keeps",
        meaning="impact.com keeps 255 characters of a Shared ID.",
        fix="Shorten the value.",
    ),
)
"""By what they are about, in the order in which a link is gone through."""

BY_CODE: Mapping[str, LinkFault] = MappingProxyType({fault.code: fault for fault in CATALOGUE})
