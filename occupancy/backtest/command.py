"""The command of the back-test: arguments in; findings to a file, a summary to standard output."""

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

from rich.console import Console

from core.errors import AnjuError
from occupancy.backtest.lines import encoded
from occupancy.backtest.parameter_files import read_parameters
from occupancy.backtest.running import Result, compare
from occupancy.backtest.telling import shown_progress, tell

REFUSED = 2


class OutputRefused(AnjuError):
    """The file or folder for the results cannot be written."""

    code = "output_refused"


def check_output(path: Path) -> None:
    """Raise OutputRefused where no file can be written at `path`; what stands there stays as it is.

    Asked before the work, since a back-test of a year takes minutes. Pipes and devices are taken on trust.
    """
    try:
        if path.is_dir():
            raise OutputRefused(
                f"“{path}”是文件夹，不能写入结果。", f"{path} is a folder; the results cannot be written there.",
                mend_zh="请给出文件名。", mend_en="Name a file.",
            )  # fmt: skip
        if not path.parent.is_dir():
            raise OutputRefused(
                f"文件夹“{path.parent}”不存在。", f"There is no folder {path.parent}.",
                mend_zh="请先建立该文件夹，或改用已有的文件夹。", mend_en="Make it first, or name one that exists.",
            )  # fmt: skip
        _try_open(path)
    except OSError as error:
        raise unwritable(path, error) from error


def _try_open(path: Path) -> None:
    there = path.exists()
    if path.is_file() or not there:
        path.open("ab").close()
    if not there:
        path.unlink()


def write_output(path: Path, parts: Iterable[bytes]) -> None:
    """Write a file of results; raises OutputRefused."""
    try:
        with path.open("wb") as file:
            file.writelines(parts)
    except OSError as error:
        raise unwritable(path, error) from error


def unwritable(path: Path, error: OSError) -> OutputRefused:
    """The refusal of a place where writing failed."""
    return OutputRefused(
        f"无法写入“{path}”：{error.strerror}。", f"{path} cannot be written: {error.strerror}.",
        mend_zh="请检查权限和磁盘空间，或改用其他位置。",
        mend_en="See to its permissions and the room on the disk, or name another place.",
    )  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    """Run a back-test; returns 0, or 2 where the files cannot be used or the results not be written."""
    asked = _arguments().parse_args(argv)
    console = Console(stderr=True)
    try:
        check_output(asked.out)
        settings = [read_parameters(asked.parameters)] if asked.parameters else [()]
        with shown_progress(console) as progress:
            result = compare(asked.registry, asked.sightings, asked.first, asked.until, settings, progress)
        write_output(asked.out, encoded(result.findings[0]))
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
        "undirected": tally.undirected,
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
    parser.add_argument(
        "--from", dest="first", type=date.fromisoformat, required=True, help="first day swept: YYYY-MM-DD"
    )
    parser.add_argument(
        "--until", type=date.fromisoformat, required=True, help="day after the last one swept (exclusive)"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="findings, a JSON object a line")
    parser.add_argument("--parameters", type=Path, metavar="FILE", help="CSV: name,value,effective_from,citation")
    return parser
