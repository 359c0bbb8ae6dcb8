"""What stands behind the `#` of a link, which browsers keep to themselves."""

from dataclasses import replace

from mmpsync.preflight.links.case import Case, shown
from mmpsync.preflight.links.recognise import is_meant
from mmpsync.preflight.links.url import Link, Parameter

__all__ = ["check_hash"]


def check_hash(case: Case) -> Case:
    """Bring forward what the MMP has to see; the page's own anchor or route stays."""
    if case.link.fragment is None:
        return case
    names = case.names
    others = {*case.kind.tracker_parameters, *([case.kind.partner.parameter] if case.kind.partner else [])}
    others -= {parameter.name for parameter in case.link.parameters}
    has_click_id = bool(case.link.named(*names))
    # Of "/shop?a=1&b=2" the parameters are those of the route, of "a=1&b=2" they are all there is.
    route, sign, query = case.link.fragment.rpartition("?")
    parameters = Link.parse(f"?{query}").parameters
    moved = [
        each
        for each in parameters
        if each.value is not None and (each.name in others or (not has_click_id and is_meant(each, names)))
    ]
    if not moved:
        return case
    kept = "&".join(str(each) for each in parameters if each not in moved)
    fragment = f"{route}{sign if kept else ''}{kept}"
    present: tuple[Parameter, ...] = case.link.query or ()
    mended = replace(case.link, query=(*present, *moved), fragment=fragment or None)
    verb = "stands" if len(moved) == 1 else "stand"
    listed = " and ".join(map(shown, moved[:3]))
    return case.with_remark(
        "behind-the-hash", f"{listed} {verb} behind `#`, where only the browser sees it.", mended=mended
    )
