"""The same as pandas_baseline.py with Polars: lazy, streaming, only the columns that are needed.

Usage: polars_baseline.py CONVERSIONS CLICKS OUT.parquet
"""

import json
import sys
from urllib.parse import unquote

import polars as pl
from columns import IMPACT, KEPT


def main(conversions_path: str, clicks_path: str, out: str) -> None:
    event_time, click_time = pl.col("EventTime"), pl.col("ClickTime")
    is_impact = pl.col("Media Source").eq_missing(pl.lit(IMPACT))
    raw = pl.col("Original URL").str.extract(r"[?&]clickid=([^&#]+)")
    conversions = (
        read(conversions_path)
        .select(KEPT)
        .with_row_index("row")
        .with_columns(
            EventTime=pl.col("Event Time").str.to_datetime("%Y-%m-%d %H:%M:%S"),
            ClickId=pl.when(is_impact).then(raw.map_batches(decoded, return_dtype=pl.String)),
        )
    )
    clicks = read(clicks_path).select(
        "Id", ClickTime=pl.col("EventDate").str.to_datetime("%Y-%m-%dT%H:%M:%SZ")
    )
    in_time = click_time <= event_time + pl.duration(minutes=5)
    hits = (
        conversions.select("row", "ClickId", "EventTime")
        .join(clicks, left_on="ClickId", right_on="Id")
        .group_by("row")
        .agg(click_time.filter(in_time).max(), is_hit=pl.lit(value=True))
    )
    reason = (
        pl.when(~is_impact)
        .then(pl.lit("not-impact"))
        .when(pl.col("ClickId").is_null())
        .then(pl.lit("missing-click-id"))
        .when(pl.col("is_hit").is_null())
        .then(pl.lit("orphan-click-id"))
        .when(click_time.is_null())
        .then(pl.lit("conversion-before-click"))
        .when(event_time - click_time > pl.duration(days=30))
        .then(pl.lit("outside-referral-window"))
        .otherwise(pl.lit("matched"))
    )
    judged = conversions.join(hits, on="row", how="left").with_columns(Reason=reason).drop("row", "is_hit")
    judged.sink_parquet(out, engine="streaming")
    counts = pl.scan_parquet(out).group_by("Reason").len().sort("Reason").collect()
    print(json.dumps(dict(counts.iter_rows())))


def read(path: str) -> pl.LazyFrame:
    if path.endswith(".parquet"):
        return pl.scan_parquet(path)
    return pl.scan_csv(path, infer_schema=False)


def decoded(values: pl.Series) -> pl.Series:
    """Percent-decode the few that need it."""
    escaped = values.str.contains("%", literal=True).fill_null(value=False)
    if not escaped.any():
        return values
    return values.scatter(escaped.arg_true(), [unquote(value) for value in values.filter(escaped)])


if __name__ == "__main__":
    main(*sys.argv[1:])
