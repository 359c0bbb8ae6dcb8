"""What was planted, counted: as JSON for tests, as a table for the README."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from generator import actions
from generator.datasets import DATASETS
from generator.model import Row
from generator.planting import shown
from generator.world import AS_OF
from mmpsync.reasons import BY_CODE, VERDICTS

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)")
_TITLES = {
    "appsflyer_csv": "AppsFlyer CSV",
    "appsflyer_parquet": "AppsFlyer Data Locker",
    "adjust": "Adjust",
    "branch": "Branch",
    "segment": "Segment",
    "kochava": "Kochava",
    "total": "total",
}


def tally(datasets: Mapping[str, Sequence[Row]]) -> dict[str, Any]:
    """Count rows per reason, rows and amounts per verdict: of each dataset, of the twin of the CSV, in total.

    The twin is not part of the total: it is made on demand, without the lines that cannot be read.
    """
    total = [row for rows in datasets.values() for row in rows]
    twin = [row for row in datasets["appsflyer_csv"] if row.damage is None]
    sets = {**datasets, "appsflyer_twin": twin, "total": total}
    return {
        "as_of": f"{AS_OF:%Y-%m-%dT%H:%M:%SZ}",
        **{name: _ordered(BY_CODE, (row.reason for row in rows)) for name, rows in sets.items()},
        "rows": {name: len(rows) for name, rows in sets.items()},
        "verdicts": {name: _ordered(VERDICTS, map(_verdict, rows)) for name, rows in sets.items()},
        "amounts": {name: _amounts(rows) for name, rows in sets.items()},
        "actions": actions.tally(datasets, "total"),
    }


def as_json(counts: Mapping[str, Any]) -> str:
    """Write the tally as it stands in `_planted.json`."""
    return json.dumps(counts, indent=2, ensure_ascii=False) + "\n"


def as_markdown(counts: Mapping[str, Any]) -> str:
    """Write the tally as three tables: rows per reason, rows per verdict, actions."""
    head = " | ".join(_TITLES.values())
    rule = "--: | " * len(_TITLES)
    reasons = [
        f"| `{code}` | {BY_CODE[code].verdict} | {_numbers(code, counts)} | {shown(code)} |"
        for code in counts["total"]
    ]
    verdicts = [f"| {verdict} | {_numbers(verdict, counts['verdicts'])} |" for verdict in VERDICTS]
    rows = f"| **rows** | {_in_order(counts['rows'])} |"
    return "\n".join(
        [
            f"| primary reason | verdict | {head} | how it shows |",
            f"| --- | --- | {rule}--- |",
            *reasons,
            "",
            f"| verdict | {head} |",
            f"| --- | {rule.rstrip()}",
            *verdicts,
            rows,
            "",
            f"| actions | {head} |",
            f"| --- | {rule.rstrip()}",
            *(f"| {told} | {_in_order(counts['actions'][told])} |" for told in ("explained", "unexplained")),
        ]
    )


def _numbers(key: str, counts: Mapping[str, Mapping[str, int]]) -> str:
    return _in_order({name: counts[name].get(key, 0) for name in _TITLES})


def _in_order(numbers: Mapping[str, int]) -> str:
    return " | ".join(str(numbers[name]) for name in _TITLES)


def _ordered(order: Iterable[str], found: Iterable[str | None]) -> dict[str, int]:
    counts = Counter(found)
    return {key: counts[key] for key in order if counts[key]}


def _verdict(row: Row) -> str:
    return BY_CODE[str(row.reason)].verdict


def _amounts(rows: Sequence[Row]) -> dict[str, dict[str, str]]:
    """Sum the amounts that are numbers, of readable rows: verdict → currency ("" for none) → sum."""
    sums: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for row in rows:
        if row.damage is None and row.amount and _NUMBER.fullmatch(row.amount):
            sums[_verdict(row)][row.currency or ""] += Decimal(row.amount)
    return {
        verdict: {currency: str(amount) for currency, amount in sorted(sums[verdict].items())}
        for verdict in VERDICTS
        if verdict in sums
    }


assert set(_TITLES) == {*(dataset.name for dataset in DATASETS), "total"}
