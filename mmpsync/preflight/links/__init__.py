"""`mmpsync check --link`: whether impact.com's ClickId will arrive through a tracking link. Strings only, no network.

    read_links(sources: Sequence[str], stdin: TextIO) -> list[str]       --link values to links; raises InputError
    inspect_link(url: str, config: Config) -> LinkReport                 what was understood of a link, and what was found
    check_link(url: str, config: Config) -> tuple[Finding, ...]          the findings alone

`LinkReport` has `url`, `kind` (None if nothing tells), `title`, `understood` (partner, click_id_parameter, app, tracker,
program), `findings`, `verdict` ("ready", "not ready", "cannot tell"), `summary` (one line that says all of it) and `corrected`.
`CATALOGUE` has an entry (code, level, title, meaning, fix) for every code that a finding can have.
"""

from mmpsync.preflight.links.catalogue import BY_CODE, CATALOGUE, LinkFault
from mmpsync.preflight.links.check import LinkReport, LinkVerdict, Understood, check_link, inspect_link
from mmpsync.preflight.links.sources import read_links

__all__ = [
    "BY_CODE",
    "CATALOGUE",
    "LinkFault",
    "LinkReport",
    "LinkVerdict",
    "Understood",
    "check_link",
    "inspect_link",
    "read_links",
]
