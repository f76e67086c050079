"""The command of the back-test: arguments in; findings to a file, a summary to standard output."""

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from rich.console import Console

from core.errors import AnjuError
from occupancy.backtest.lines import encoded
from occupancy.backtest.parameter_files import read_parameters
from occupancy.backtest.running import Result, compare
from occupancy.backtest.telling import shown_progress, tell

REFUSED = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run a back-test; returns 0, or 2 where the files cannot be used."""
    asked = _arguments().parse_args(argv)
    console = Console(stderr=True)
    try:
        settings = [read_parameters(asked.parameters)] if asked.parameters else [()]
        with shown_progress(console) as progress:
            result = compare(asked.registry, asked.sightings, asked.first, asked.until, settings, progress)
        with asked.out.open("wb") as file:
            file.writelines(encoded(result.findings[0]))
    except AnjuError as error:
        console.print(f"{error.text('zh')}\n{error.text('en')}", style="red", markup=False, soft_wrap=True)
        return REFUSED
    tell(result, console)
    sys.stdout.write(json.dumps(summary(result)) + "\n")
    return 0


def summary(result: Result) -> dict[str, object]:
    """What was done, in numbers."""
    tally, report = result.tally, result.report
    return {
        "sightings": result.sightings,
        "homes": result.homes,
        "days": result.days,
        "seconds": round(result.seconds, 3),
        "sightings_per_second": round(result.sightings / max(result.seconds, 1e-9)),
        "findings": len(result.findings[0]),
        "rows": tally.rows,
        "refused": sum(tally.refused.values()),
        "repeated": tally.repeated,
        "outside": tally.outside,
        "unplaced": tally.unplaced,
        "unknown": dict(sorted(tally.unknown.items())),
        "registry_refused": 0 if report is None else len(report.refusals),
    }


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m occupancy.backtest", description=__doc__)
    parser.add_argument("--registry", type=Path, required=True, metavar="DIR", help="the registry's files")
    parser.add_argument("--sightings", type=Path, required=True, metavar="FILE", help=".csv or .parquet")
    parser.add_argument("--from", dest="first", type=date.fromisoformat, required=True, help="first day swept")
    parser.add_argument("--until", type=date.fromisoformat, required=True, help="first day not swept any more")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="findings, a JSON object a line")
    parser.add_argument("--parameters", type=Path, metavar="FILE", help="CSV: name,value,effective_from,citation")
    return parser
