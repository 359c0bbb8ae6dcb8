"""What an analyst would write: join an AppsFlyer export to impact.com clicks with pandas, and say what each row is.

Usage: pandas_baseline.py CONVERSIONS CLICKS OUT.parquet [--columns]

It reads whole files, as one does; with --columns it reads, and writes, only the columns that mmpsync keeps, which
takes knowing them beforehand.
"""

import json
import sys
from urllib.parse import unquote

import numpy as np
import pandas as pd
from columns import IMPACT, KEPT

CLICK_COLUMNS = ["Id", "EventDate"]
TOLERANCE = pd.Timedelta(minutes=5)
WINDOW = pd.Timedelta(days=30)


def main(conversions_path: str, clicks_path: str, out: str, option: str = "") -> None:
    chosen = option == "--columns"
    conversions = read(conversions_path, list(KEPT) if chosen else None)
    conversions["EventTime"] = pd.to_datetime(conversions["Event Time"], format="%Y-%m-%d %H:%M:%S", utc=True)
    raw = conversions["Original URL"].str.extract(r"[?&]clickid=([^&#]+)", expand=False)
    conversions["ClickId"] = raw.map(unquote, na_action="ignore")

    clicks = read(clicks_path, CLICK_COLUMNS if chosen else None)
    clicks["ClickTime"] = pd.to_datetime(clicks["EventDate"], format="%Y-%m-%dT%H:%M:%SZ", utc=True)

    is_impact = conversions["Media Source"] == IMPACT
    ids = (
        conversions.loc[is_impact, ["ClickId", "EventTime"]].reset_index(names="row").dropna(subset="ClickId")
    )
    joined = ids.merge(clicks, left_on="ClickId", right_on="Id")
    earlier = joined[joined["ClickTime"] <= joined["EventTime"] + TOLERANCE]
    conversions["ClickTime"] = earlier.groupby("row")["ClickTime"].max()

    conversions["Reason"] = np.select(
        [
            ~is_impact,
            conversions["ClickId"].isna(),
            ~conversions.index.isin(joined["row"]),
            conversions["ClickTime"].isna(),
            conversions["EventTime"] - conversions["ClickTime"] > WINDOW,
        ],
        [
            "not-impact",
            "missing-click-id",
            "orphan-click-id",
            "conversion-before-click",
            "outside-referral-window",
        ],
        "matched",
    )
    conversions.to_parquet(out, index=False)
    print(json.dumps(conversions["Reason"].value_counts().to_dict(), sort_keys=True))


def read(path: str, columns: list[str] | None) -> pd.DataFrame:
    if path.endswith(".parquet"):
        return pd.read_parquet(path, columns=columns)
    return pd.read_csv(path, usecols=columns, dtype=str)


if __name__ == "__main__":
    main(*sys.argv[1:])
