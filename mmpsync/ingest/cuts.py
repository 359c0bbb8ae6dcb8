"""Where a source cuts long text: ClickIds that may have lost their end, or be lost altogether."""

from collections.abc import Iterable, Mapping, Sequence

import ibis
import ibis.expr.types as ir

from mmpsync.conclusions import Advice
from mmpsync.engines.interface import Engine
from mmpsync.figures import counted
from mmpsync.ingest.conditions import holds
from mmpsync.ingest.extraction import Values
from mmpsync.ingest.interface import Adapter, Cut

__all__ = ["cells", "cut_cells", "cut_texts"]

_NOTHING_CUT: Mapping[str, ir.BooleanValue] = {
    "click_id_cut": ibis.literal(False),
    "click_id_lost": ibis.literal(False),
}


def cells(references: Sequence[str]) -> list[tuple[str]]:
    """The places of URLs and query strings in which these references look for a parameter."""
    columns = (reference.partition("?")[0] for reference in references if "?" in reference)
    return [(column,) for column in dict.fromkeys(columns)]


def cut_cells(
    cut: Cut | None, found: Values, references: Sequence[str], click_ids: Sequence[ir.StringValue]
) -> Mapping[str, ir.BooleanValue]:
    """Per row, what a cut may have done to its ClickId, which stands where the references say.

    `click_id_cut`: it ends where a cell was cut off. `click_id_lost`: there is none, and a cell was cut off.
    """
    if cut is None:
        return _NOTHING_CUT
    among = [holds(condition, found) for condition in cut.among]
    texts = [found.text(cell) for cell in cells(references) if found.first(cell) is not None]
    if any(test is False for test in among) or not texts:
        return _NOTHING_CUT
    click_id = ibis.coalesce(ibis.null("string"), *click_ids)
    full = [ibis.and_(*among, (text.length() == cut.length).fill_null(False)) for text in texts]
    at_end = [
        is_full & text.endswith(click_id).fill_null(False) for is_full, text in zip(full, texts, strict=True)
    ]
    return {"click_id_cut": ibis.or_(*at_end), "click_id_lost": ibis.or_(*full) & click_id.isnull()}


def cut_texts(engine: Engine, conversions: ir.Table, adapters: Iterable[Adapter]) -> tuple[Advice, ...]:
    """How many rows may have lost a ClickId, or its end, in text that was cut off; said once per source."""
    cuts: dict[str, Cut] = {adapter.name: adapter.cut for adapter in adapters if adapter.cut is not None}
    if not cuts:
        return ()
    rows = conversions.filter(conversions.click_id_cut | conversions.click_id_lost)
    sizes = rows.group_by("mmp", "source_file").agg(n=rows.count()).order_by("mmp", "source_file")
    files: dict[str, dict[str, int]] = {}
    for row in engine.rows(sizes):
        files.setdefault(row["mmp"], {})[row["source_file"]] = row["n"]
    return tuple(_advice(cuts[name], found) for name, found in files.items())


def _advice(cut: Cut, files: Mapping[str, int]) -> Advice:
    return Advice(
        code="cut-text",
        message=f"In {counted(sum(files.values()), 'row')} of these files a URL fills {cut.length} characters, where its source"
        f" cuts text off. A ClickId at its end may not be whole, and one behind it is lost",
        fix=cut.advice,
        files=tuple(files),
    )
