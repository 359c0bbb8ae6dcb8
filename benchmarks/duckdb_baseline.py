"""The same as pandas_baseline.py in one DuckDB query written by hand: about as fast as this job gets on one machine.

Usage: duckdb_baseline.py CONVERSIONS CLICKS OUT.parquet
"""

import json
import sys

import duckdb
from columns import IMPACT, KEPT

QUERY = """
COPY (
    WITH conversions AS MATERIALIZED (
        SELECT row_number() OVER () AS row, {columns},
            strptime("Event Time", '%Y-%m-%d %H:%M:%S') AS EventTime,
            CASE WHEN "Media Source" = '{impact}' THEN
                url_decode(nullif(regexp_extract("Original URL", '[?&]clickid=([^&#]+)', 1), '')) END AS ClickId
        FROM {conversions}
    ), hits AS (
        SELECT conversions.row,
            max(ClickTime) FILTER (ClickTime <= EventTime + INTERVAL 5 MINUTE) AS ClickTime
        FROM conversions
        JOIN (SELECT Id, strptime(EventDate, '%Y-%m-%dT%H:%M:%SZ') AS ClickTime FROM {clicks}) ON Id = ClickId
        GROUP BY conversions.row
    )
    SELECT conversions.* EXCLUDE (row), hits.ClickTime,
        CASE
            WHEN "Media Source" IS DISTINCT FROM '{impact}' THEN 'not-impact'
            WHEN ClickId IS NULL THEN 'missing-click-id'
            WHEN hits.row IS NULL THEN 'orphan-click-id'
            WHEN hits.ClickTime IS NULL THEN 'conversion-before-click'
            WHEN EventTime - hits.ClickTime > INTERVAL 30 DAY THEN 'outside-referral-window'
            ELSE 'matched'
        END AS Reason
    FROM conversions LEFT JOIN hits ON hits.row = conversions.row
) TO '{out}' (FORMAT parquet)
"""


def main(conversions: str, clicks: str, out: str) -> None:
    connection = duckdb.connect()
    columns = ", ".join(f'"{name}"' for name in KEPT)
    query = QUERY.format(
        columns=columns, impact=IMPACT, conversions=scan(conversions), clicks=scan(clicks), out=out
    )
    connection.execute(query)
    counts = connection.execute(
        f"SELECT Reason, count(*) FROM '{out}' GROUP BY Reason ORDER BY Reason"
    ).fetchall()
    print(json.dumps(dict(counts)))


def scan(path: str) -> str:
    if path.endswith(".parquet"):
        return f"read_parquet('{path}')"
    return (
        f"""read_csv('{path}', header = true, all_varchar = true, delim = ',', quote = '"', escape = '"')"""
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
