"""How a link is written: characters and separators that nobody meant, whatever kind of link it is."""

import re
from collections.abc import Collection
from dataclasses import replace

from mmpsync.preflight.links.case import Remark, shown
from mmpsync.preflight.links.url import Link, Parameter, decoded
from mmpsync.preflight.links.wrapping import decoded_whole

__all__ = ["mend_writing"]

# Blanks, controls, what cannot be seen (zero-width characters, directions, soft hyphens, byte order marks), and what
# is left of bytes that were no text.
_STRAY = re.compile(
    r"[\s\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ud800-\udfff]+"
)
_IN_VALUE = re.compile(r"[?&][^?&=\s]+=[^?&={}]*\w$")
_LONGEST_VALUE = 500
_WRAPPERS = ("<>", '""', "''", "“”", "()")
_CLOSING = {"(": ")", "<": ">", '"': '"', "'": "'", "“": "”"}
_HOST = re.compile(r"[^\s/?#@:]+\.[^\s/?#@:.]{2,}")
_HTTP = re.compile(r"(?i)h(?:xx|tt)ps?:/*|https?/+|//")
_NAME = r"[A-Za-z$~%_][\w$~%.-]*"


def mend_writing(text: str, names: Collection[str]) -> tuple[Link | None, tuple[Remark, ...]]:
    """Take a link apart after mending how it is written; None where no web address can be made of it.

    `names` are the parameters that a link of any kind is known to need.
    """
    remarks: list[Remark] = []
    mended = decoded_whole(_from_its_beginning(_unwrapped(text), remarks), remarks)
    mended = _without_stray_characters(mended, remarks)
    if re.search(r"(?i)&amp;|&#38;", mended):
        mended = re.sub(r"(?i)&amp;|&#38;", "&", mended)
        remarks.append(Remark("html-ampersand", "The link has `&amp;` where `&` belongs.", is_mended=True))
    link = _as_https(mended, remarks)
    if link is None:
        message = f"{shown(text)} is not a web address." if text.strip() else "There is no link."
        return None, (Remark("not-a-link", message),)
    return _with_separators(link, names, remarks), tuple(remarks)


def _unwrapped(text: str) -> str:
    """Drop what people put around a link in text: <link>, "link"."""
    text = text.strip()
    return text[1:-1].strip() if text[:1] + text[1:][-1:] in _WRAPPERS else text


def _from_its_beginning(text: str, remarks: list[Remark]) -> str:
    """Drop what a list or a sentence has before the link: "1. ", "Link: "."""
    match = re.match(r"(?is)([^/?#=&]+)(https?://.*)", text)
    if match is None:
        return text
    remarks.append(Remark("stray-characters", f"{shown(match[1])} stands before the link.", is_mended=True))
    return match[2].removesuffix(_CLOSING.get(match[1][-1], ""))


def _without_stray_characters(text: str, remarks: list[Remark]) -> str:
    found = _STRAY.search(text)
    if found is None:
        return text
    before, after = text[max(0, found.start() - 15) : found.start()], text[found.end() :][:15]
    seen = (
        "a blank"
        if found[0].strip(" ") == ""
        else "a line break"
        if "\n" in found[0]
        else "an invisible character"
    )
    message = f"There is {seen} in the link, between {shown(before)} and {shown(after)}."
    remarks.append(Remark("stray-characters", message, is_mended=True))
    return _STRAY.sub(_meant_by, text)


def _meant_by(stray: re.Match[str]) -> str:
    """A blank between the words of a value was meant to be one; whatever else nobody sees was not."""
    before, after = stray.string[: stray.start()][-_LONGEST_VALUE:], stray.string[stray.end() :][:1]
    is_in_value = stray[0] == " " and _IN_VALUE.search(before) and re.match(r"\w", after)
    return "%20" if is_in_value else ""


def _as_https(text: str, remarks: list[Remark]) -> Link | None:
    link = Link.parse(text)
    if link.scheme == "https" and _HOST.fullmatch(link.host):
        return link
    rest = text
    while match := _HTTP.match(rest):
        rest = rest[match.end() :]
    mended = Link.parse(f"https://{rest}")
    if mended.authority and link.scheme != "https":
        mended = replace(mended, authority=mended.authority.removesuffix(":80"))
    if not _HOST.fullmatch(mended.host) or (re.match(r"(?i)[a-z][a-z0-9+.-]*:", rest) and not _is_port(rest)):
        return None
    if f"https://{rest}" != f"https://{text[8:]}" or text[:8].lower() != "https://":
        begins = f"begins with {shown(text.removesuffix(rest))}" if rest != text else "begins with its host"
        remarks.append(Remark("no-https", f"The link {begins}, not with `https://`.", is_mended=True))
    return mended


def _is_port(rest: str) -> bool:
    return re.match(r"[^/?#:]+:\d+(?:[/?#]|$)", rest) is not None


def _with_separators(link: Link, names: Collection[str], remarks: list[Remark]) -> Link:
    begin = _beginning(link, names)
    if begin is not None:
        path, query = link.path[: begin.start()], link.path[begin.end() :]
        query = re.sub(r"(?i)%26", "&", re.sub(r"(?i)%3D", "=", query)) if begin[0][0] == "%" else query
        link = replace(link, path=path, query=(*(Link.parse(f"?{query}").query or ()), *(link.query or ())))
        remarks.append(_wrong_separator(f"{begin[0]}{query}", "there is no `?` before it"))
    mended: list[Parameter] = []
    for parameter in link.query or ():
        parts = _split(parameter, names)
        mended += parts
        if len(parts) > 1:
            remarks.append(
                _wrong_separator(
                    str(parameter), f"{shown(parts[1].name)} became part of {shown(parts[0].name)}"
                )
            )
    return link if link.query is None else replace(link, query=tuple(mended))


def _beginning(link: Link, names: Collection[str]) -> re.Match[str] | None:
    """The sign in the path where the parameters begin that should have had a question mark before them."""
    # Behind an equals sign it belongs to a link that is the value of something.
    encoded = re.search(rf"(?i)^(?P<path>[^&=]*)%3F(?={_NAME}(?:=|%3D))", link.path)
    if encoded or link.query is not None:
        return re.compile("(?i)%3F").search(link.path, encoded.end("path")) if encoded else None
    if re.search(rf"&{_NAME}=", link.path):
        return re.search("&", link.path)
    signs = re.finditer(rf"[/;](?=(?P<name>{_NAME})=)", link.path)
    return next((sign for sign in signs if decoded(sign["name"]) in names), None)


def _split(parameter: Parameter, names: Collection[str]) -> tuple[Parameter, ...]:
    """Take apart a parameter in which one begins that matters, or which matters itself; a link as value stays whole."""
    text = str(parameter)
    if re.search(r"://|%3A", decoded(text), re.IGNORECASE):
        return (parameter,)
    signs = re.finditer(rf"[?;](?P<name>{_NAME})=", text)
    at = [sign.start() for sign in signs if {parameter.name, decoded(sign["name"])} & {*names}]
    edges = zip([0, *(position + 1 for position in at)], [*at, len(text)], strict=True)
    return tuple(Parameter.parse(text[first:last]) for first, last in edges)


def _wrong_separator(what: str, why: str) -> Remark:
    return Remark("wrong-separator", f"The link has {shown(what)}, but {why}.", is_mended=True)
