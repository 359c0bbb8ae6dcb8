"""ClickIds: what counts as one, and the loose key by which near misses are diagnosed.

impact.com documents a ClickId as opaque, case-sensitive text of at most 64 characters; so nothing here
enforces an alphabet, and only what cannot be a value at all is called unusable.
"""

import ibis
import ibis.expr.types as ir

from mmpsync.click_id_text import MAX_LENGTH, PLACEHOLDERS
from mmpsync.engines.functions import defined, percent_decode_thrice, trimmed

__all__ = [
    "TRUNCATION_LENGTH",
    "is_macro",
    "is_malformed",
    "is_placeholder",
    "looks_foreign",
    "loose_key",
    "with_search_key",
]

# A shorter value is no evidence that it was cut off.
TRUNCATION_LENGTH = 20
_SEARCH_LENGTH = 8

_MACRO = r"(?i)\{[^{}]*\}|^\[.*\]$|^<.*>$|^__.*__$|^\$|%7B.*%7D"
_MALFORMED = r"[\x00-\x1f\x7f]|\s"
# How the click ids of other networks begin: Google, Meta, TikTok, Unity, and ids written with their name.
_FOREIGN = (
    r"^(Cj0KC|CjwKC|EAIaI|IwAR|IwZX|IwY2|PAAab|PAZX|E\.C\.P\.|E_C_P_|unityads)"
    r"|^(?i:gclid|dclid|wbraid|gbraid|fbclid|ttclid|twclid|msclkid|li_fat_id|sccid|epik)[=:_.-]"
)


def is_macro(click_id: ir.StringValue) -> ir.BooleanValue:
    """A macro that nobody replaced: `{…}`, `[…]`, `<…>`, `__…__`, `$…`, `%7B…%7D`."""
    return click_id.re_search(_MACRO).fill_null(False)


def is_placeholder(click_id: ir.StringValue) -> ir.BooleanValue:
    """A word that stands for "no value"."""
    return click_id.lower().isin(PLACEHOLDERS).fill_null(False)


def is_malformed(click_id: ir.StringValue) -> ir.BooleanValue:
    """Too long, or with control characters or blanks inside."""
    return ((click_id.length() > MAX_LENGTH) | click_id.re_search(_MALFORMED)).fill_null(False)


def looks_foreign(click_id: ir.StringValue, *own_ids: ir.StringValue) -> ir.BooleanValue:
    """Begins like another network's click id, or equals an id that the MMP gave the row itself."""
    same = [(click_id == own).fill_null(False) for own in own_ids]
    return ibis.or_(click_id.re_search(_FOREIGN).fill_null(False), *same)


@defined(click_id="string")
def loose_key(click_id: ir.StringValue) -> ir.StringValue:
    """For diagnosis only: decoded till nothing changes (three times at most), lower case, `+` as blank, trimmed."""
    # Hardly any ClickId holds a character that decoding could touch.
    is_plain = ~(click_id.contains("%") | click_id.contains("+"))
    # Of what has to be decoded there is little: that `trimmed` makes less of a query counts for more than its speed.
    return is_plain.ifelse(
        trimmed(click_id), percent_decode_thrice(click_id).replace("+", " ").strip()
    ).lower()


@defined(click_id="string")
def search_key(click_id: ir.StringValue) -> ir.StringValue:
    """What `with_search_key` adds, by way of the loose key: slower, and right for every ClickId."""
    return loose_key(click_id).left(_SEARCH_LENGTH).strip()


def with_search_key(rows: ir.Table) -> ir.Table:
    """`rows` with `search_key`: what their `click_id` shares with each of its near misses.

    That is the first characters of its loose key, so few that a value cut off inside an escape, or behind a plus
    sign, still has them in common with its whole.
    """
    click_id = rows.click_id
    is_odd = ibis.or_(click_id.contains("%"), click_id.contains("+"), click_id.contains(" "), click_id < "!")
    # For all but those few the key costs next to nothing.
    return rows.mutate(search_key=is_odd.ifelse(search_key(click_id), click_id.left(_SEARCH_LENGTH).lower()))
