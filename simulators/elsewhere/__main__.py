"""`python -m simulators.elsewhere --seed 1 --homes 300 --start 2026-01-01 --days 365 --out DIR`: an estate as files."""

import argparse
import sys
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from simulators.elsewhere import SHAPES, STEPS, BadEstate, make


def main(arguments: list[str] | None = None) -> int:
    """Make and write; 0 done, 2 refused."""
    given = _parser().parse_args(arguments)
    console = Console(stderr=True)
    shape = next((shape for shape in SHAPES if shape.name == given.shape), None)
    bar = Progress(TextColumn("{task.description:<10}"), BarColumn(), TimeElapsedColumn(), console=console)
    with bar:
        task = bar.add_task("", total=STEPS + 1)
        try:
            stream = make(
                given.seed, given.homes, given.start, given.days, prevalence=given.prevalence, shape=shape,
                told=lambda what, step: bar.update(task, description=what, completed=step),
            )  # fmt: skip
        except BadEstate as error:
            console.print(str(error))
            return 2
        bar.update(task, description="files", completed=STEPS)
        stream.write(given.out)
        bar.update(task, description="done", completed=STEPS + 1)
    labels = sorted({row.label for row in stream.truth if row.label})
    counts = ", ".join(f"{label} {sum(row.label == label for row in stream.truth)}" for label in labels)
    console.print(f"{given.out}: {given.homes} homes, {stream.sightings.num_rows} sightings; {counts or 'no labels'}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m simulators.elsewhere", description=__doc__)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--homes", type=int, required=True)
    parser.add_argument("--start", type=date.fromisoformat, required=True)
    parser.add_argument("--days", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--prevalence", type=float, default=0.005)
    parser.add_argument("--shape", choices=[shape.name for shape in SHAPES], help="drawn by the seed if left out")
    return parser


if __name__ == "__main__":
    sys.exit(main())
