"""Imports run one way: what reads files knows nothing of reports, what pushes nothing of the command line."""

import ast
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "mmpsync"
# The packages and modules of mmpsync; each may import those of the rows above its own, and none of its own row.
LAYERS = (
    (
        "version",
        "exit_codes",
        "reasons",
        "tables",
        "scratch",
        "masking",
        "click_id_text",
        "conversion_fields",
    ),
    ("errors",),
    ("whole", "summaries", "config_problems", "config_values"),
    ("config_sources", "conclusions", "figures"),
    ("config", "run"),
    ("engines",),
    ("ingest",),
    ("reconcile",),
    ("assembly", "run_tables", "rundir"),
    ("pipeline",),
    ("impact",),
    ("preflight",),
    ("report",),
    ("push",),
    ("api",),
    ("__init__",),
    ("cli",),
    ("__main__",),
)
LAYER_OF = {name: number for number, names in enumerate(LAYERS) for name in names}


def top(module: str) -> str:
    """What of mmpsync a dotted name belongs to: mmpsync.report.csv to report, mmpsync to its __init__."""
    return [*module.split("."), "__init__"][1]


def imported(source: str) -> Iterator[str]:
    """What of mmpsync is imported anywhere in a module, also in functions and for types alone."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute"
            # `from mmpsync import x`: a module, or a name of the package itself.
            names = [alias.name for alias in node.names] if node.module == "mmpsync" else []
            modules = [f"mmpsync.{name}" if name in LAYER_OF else "mmpsync" for name in names] or [
                node.module or ""
            ]
        else:
            continue
        yield from (top(module) for module in modules if module.split(".")[0] == "mmpsync")


def parts() -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for file in PACKAGE.rglob("*.py"):
        found.setdefault(file.relative_to(PACKAGE).parts[0].removesuffix(".py"), []).append(file)
    return found


def test_everything_has_its_layer() -> None:
    assert sorted(LAYER_OF) == sorted(parts())
    assert len(LAYER_OF) == sum(map(len, LAYERS))


@pytest.mark.parametrize("name", LAYER_OF)
def test_nothing_imports_what_stands_beside_or_above_it(name: str) -> None:
    upward = {
        f"{file.relative_to(PACKAGE)} imports {other}"
        for file in parts()[name]
        for other in imported(file.read_text("utf-8"))
        if other != name and LAYER_OF[other] >= LAYER_OF[name]
    }
    assert not upward


def test_the_order_is_that_of_the_design() -> None:
    order = ("errors", "config", "engines", "ingest", "reconcile", "preflight", "push", "cli")
    assert all(LAYER_OF[below] < LAYER_OF[above] for below, above in pairwise(order))
    assert all(LAYER_OF["reconcile"] < LAYER_OF[name] < LAYER_OF["push"] for name in ("report", "impact"))


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("import mmpsync.report.csv", "report"),
        ("from mmpsync.report.csv import cell", "report"),
        ("from mmpsync import report", "report"),
        ("from mmpsync import reconcile_it", "__init__"),
        ("import mmpsync", "__init__"),
        ("def f():\n    from mmpsync.cli.app import app", "cli"),
        ("if TYPE_CHECKING:\n    from mmpsync.run import Run", "run"),
    ],
)
def test_an_import_is_seen_wherever_and_however_it_is_written(source: str, name: str) -> None:
    assert list(imported(source)) == [name]
