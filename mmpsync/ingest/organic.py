"""Whether exports hold organic rows: some sources leave them out unless they are asked for."""

from mmpsync.conclusions import Advice
from mmpsync.engines.interface import Engine
from mmpsync.ingest.inputs import Inputs

__all__ = ["without_organic"]


def without_organic(engine: Engine, inputs: Inputs) -> tuple[Advice, ...]:
    """Which files have conversions and no organic one among them, where their source may leave these out."""
    remedies = {file.adapter.name: file.adapter.organic_advice for file in inputs.files}
    remedies = {source: remedy for source, remedy in remedies.items() if remedy}
    if not remedies:
        return ()
    rows = inputs.conversions
    rows = rows.filter(rows.mmp.isin(list(remedies)) & (rows.kind != "other"))
    counted = rows.group_by("mmp", "source_file").agg(organic=rows.count(where=rows.attribution == "organic"))
    files = engine.rows(counted.filter(counted.organic == 0).order_by("mmp", "source_file"))
    return tuple(
        Advice(
            code="no-organic-rows",
            message="These files hold no organic row, so their match rates per app are of attributed rows only",
            fix=remedies[source],
            files=tuple(row["source_file"] for row in files if row["mmp"] == source),
        )
        for source in dict.fromkeys(row["mmp"] for row in files)
    )
