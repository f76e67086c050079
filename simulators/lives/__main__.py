"""`python -m simulators.lives --seed 1 --homes 300 --start 2026-01-01 --days 365 --out DIR`: a stream as files."""

import argparse
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from simulators.lives import make


def main() -> None:
    """Make and write what the arguments ask for."""
    parser = argparse.ArgumentParser(prog="simulators.lives", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--homes", type=int, default=300)
    parser.add_argument("--start", type=date.fromisoformat, default=date(2026, 1, 1))
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--prevalence", type=float, default=0.005, help="share of homes with a sublet in the period")
    parser.add_argument("--home-doors", type=float, default=0.5, help="share of homes with a reader at their own door")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("days"),
               TimeElapsedColumn(), TimeRemainingColumn())  # fmt: skip
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("living", total=given.days)
        made = make(
            given.seed, given.homes, given.start, given.days, prevalence=given.prevalence,
            home_doors=given.home_doors, progress=lambda done, _all: bar.update(task, completed=done),
        )  # fmt: skip
    made.write(given.out)
    labelled = sum(bool(row.label) for row in made.truth)
    console.print(f"{made.sightings.num_rows:,} sightings, {labelled} labelled homes, in {given.out}")


if __name__ == "__main__":
    main()
