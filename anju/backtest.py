"""`anju backtest`: a past period judged again under one set of parameters or two, so that a number is tried before use.

Writes the findings of each setting, and for two a comparison: a table on the screen, the same as JSON, and a picture.
"""

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from anju.backtest_comparison import KindLine, Pair, lines, paired
from anju.backtest_picture import Picture, draw
from api.words import word
from housing.parameters import ParameterRow
from occupancy.backtest.command import check_output, summary, unwritable, write_output
from occupancy.backtest.lines import encoded
from occupancy.backtest.parameter_files import read_parameters
from occupancy.backtest.running import Result, compare
from occupancy.backtest.telling import shown_progress, tell

FINDINGS, FINDINGS_B, COMPARISON, PICTURE = "findings.jsonl", "findings-b.jsonl", "comparison.json", "comparison.svg"
DEFAULTS = "默认参数 defaults"


def run(
    registry: Path,
    sightings: Path,
    first: date,
    until: date,
    out: Path,
    *,
    parameters: Path | None = None,
    other: Path | None = None,
    console: Console | None = None,
) -> None:
    """Back-test into the folder `out`, which is made; `other` is a second set of parameters to compare with.

    Raises what `occupancy.backtest.running.compare` raises, ParametersRefused and OutputRefused.
    """
    console = console or Console(stderr=True)
    settings: list[Sequence[ParameterRow]] = [read_parameters(parameters) if parameters else ()]
    if other is not None:
        settings.append(read_parameters(other))
    _check_folder(out, (FINDINGS,) if other is None else (FINDINGS, FINDINGS_B, COMPARISON, PICTURE))
    with shown_progress(console) as progress:
        result = compare(registry, sightings, first, until, settings, progress)
    tell(result, console)
    for name, found in zip((FINDINGS, FINDINGS_B), result.findings, strict=False):
        write_output(out / name, encoded(found))
    pairs = paired(result.findings[0], result.findings[-1])
    rows = lines(pairs, (result.alerts[0], result.alerts[-1]), result.homes, result.days)
    console.print(table(rows, two=other is not None))
    if other is not None:
        names = (parameters.name if parameters else DEFAULTS, other.name)
        _write_comparison(out, result, pairs, rows, (first, until), names)
    console.print(f"结果已写入 Results are in {out}", markup=False, soft_wrap=True)


def _check_folder(out: Path, names: Sequence[str]) -> None:
    """Make the folder, and raise OutputRefused before the work where a file of it could not be written."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(out, error) from error
    for name in names:
        check_output(out / name)


def _write_comparison(
    out: Path,
    result: Result,
    pairs: Sequence[Pair],
    rows: Sequence[KindLine],
    period: tuple[date, date],
    names: tuple[str, str],
) -> None:
    kinds = [(row.kind, *words(row.kind)) for row in rows]
    picture = Picture(
        pairs=pairs, kinds=kinds, first=period[0], until=period[1], homes=result.homes, names=names
    )  # fmt: skip
    write_output(out / PICTURE, [draw(picture).encode()])
    said = {"a": names[0], "b": names[1], **summary(result), "kinds": msgspec.to_builtins(rows)}
    write_output(out / COMPARISON, [f"{json.dumps(said, ensure_ascii=False, indent=1)}\n".encode()])


def words(kind: str) -> tuple[str, str]:
    """A kind of finding in Chinese and English, as the pages call it."""
    return word("kind", kind, "zh"), word("kind", kind, "en")


def table(rows: Sequence[KindLine], *, two: bool) -> Table:
    """The lines as a table, a row for each setting; alerts are those of a month for a thousand homes."""
    heads = ["类型\nKind", *(["\n"] if two else []), "线索\nRaised", "疑似\nFlagged", "结束\nEnded", "提醒\nAlerts"]
    more = ["仅此\nOnly", "提前(天)\nEarlier", "推后(天)\nLater"] if two else []
    made = Table(title="回测结果（提醒为每千户每月） Back-test (alerts: a month, for 1,000 homes)")
    for n, head in enumerate([*heads, *more]):
        made.add_column(head, justify="left" if n == 0 else "right", min_width=16 if n == 0 else None)
    for row in rows:
        zh, en = words(row.kind)
        shifts = (f"{row.earlier} ({row.earlier_days:g})", f"{row.later} ({row.later_days:g})")
        if not two:
            made.add_row(f"{zh} {en}", *_figures(row, 0))
            continue
        made.add_row(zh, "A", *_figures(row, 0), str(row.only_a), "", "")
        made.add_row(en, "B", *_figures(row, 1), str(row.only_b), *shifts, end_section=True)
    return made


def _figures(row: KindLine, side: int) -> list[str]:
    return [f"{pair[side]:g}" for pair in (row.raised, row.flagged, row.ended, row.alerts)]
