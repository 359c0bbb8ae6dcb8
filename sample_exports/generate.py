"""Write the sample exports: a few hundred rows of every kind that mmpsync tells apart, in known numbers.

    python sample_exports/generate.py               every sample file, _planted.json and the tables of README.md
    python sample_exports/generate.py --twin DIR    the rows of appsflyer/ in Data Locker's form, into DIR

Everything follows from one seed: the same bytes on every run (with the same versions of zlib and pyarrow).
All of it is invented: the people, the shop, the partners, the ids.
"""

import argparse
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from generator import actions, adjust, appsflyer, branch, impact, kochava, segment, tally
from generator.checks import check
from generator.datasets import ADJUST, BRANCH, CSV, DATASETS, KOCHAVA, LOCKER, SEGMENT
from generator.files import write
from generator.model import Click, Row
from generator.planting import plant
from generator.world import World

HERE = Path(__file__).parent
_TABLES = re.compile(r"(<!-- planted -->\n).*(<!-- /planted -->)", re.DOTALL)


def main() -> None:
    """Run the script."""
    parser = argparse.ArgumentParser(description="Write the sample exports.")
    parser.add_argument(
        "--twin", metavar="DIR", type=Path, help="write the rows of appsflyer/ as Data Locker files"
    )
    options = parser.parse_args()
    datasets, clicks = planted()
    if options.twin is None:
        write_samples(HERE, datasets, clicks)
    else:
        appsflyer.write_twins(options.twin, datasets[CSV.name])


def planted() -> tuple[dict[str, list[Row]], list[Click]]:
    """Make the rows of every dataset and all clicks, checked against the plan."""
    datasets: dict[str, list[Row]] = {}
    clicks: list[Click] = []
    for dataset in DATASETS:
        world = World(dataset.name, dataset.hours)
        datasets[dataset.name] = plant(dataset, world)
        clicks += world.clicks
    check(datasets, clicks)
    return datasets, clicks


def write_samples(folder: Path, datasets: dict[str, list[Row]], clicks: Sequence[Click]) -> None:
    """Replace everything that is generated in the folder."""
    mmps = ("appsflyer", "appsflyer_data_locker", "adjust", "branch", "segment", "kochava")
    for name in (*mmps, "impact", "impact_actions"):
        shutil.rmtree(folder / name, ignore_errors=True)
    appsflyer.write_csv(folder / "appsflyer", datasets[CSV.name])
    appsflyer.write_locker(folder / "appsflyer_data_locker", datasets[LOCKER.name])
    adjust.write_uploads(folder / "adjust", datasets[ADJUST.name])
    branch.write_exports(folder / "branch", datasets[BRANCH.name])
    segment.write_exports(folder / "segment", datasets[SEGMENT.name])
    kochava.write_reports(folder / "kochava", datasets[KOCHAVA.name])
    impact.write_clicks(folder / "impact", clicks)
    actions.write_actions(folder / "impact_actions", datasets)
    counts = tally.tally(datasets)
    write(folder / "_planted.json", tally.as_json(counts).encode())
    readme = folder / "README.md"
    text, found = _TABLES.subn(
        lambda mark: f"{mark[1]}{tally.as_markdown(counts)}\n{mark[2]}", readme.read_text("utf-8")
    )
    assert found == 1, "README.md has lost the marks <!-- planted --> and <!-- /planted -->"
    write(readme, text.encode())


if __name__ == "__main__":
    main()
