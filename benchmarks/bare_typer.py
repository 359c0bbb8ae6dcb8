"""The smallest Typer app: what `mmpsync --help` and `mmpsync --version` are compared with."""

from typing import Annotated

import typer


def bare(version: Annotated[bool, typer.Option("--version")] = False) -> None:  # noqa: FBT002 (Typer's way to a flag)
    """Do nothing."""
    if version:
        print("bare 1.0.0")


if __name__ == "__main__":
    typer.run(bare)
