"""What a back-test tells whoever watches it, on standard error: how far it is, and everything that was left out."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.text import Text

from core.texts import register, render
from occupancy.backtest import running
from occupancy.backtest.refusals import LISTED, Tally

TEXTS = {
    "backtest.import": ("导入登记", "Importing the registry"),
    "backtest.read": ("读取通行记录", "Reading sightings"),
    "backtest.sweep": ("逐日研判", "Sweeping day by day"),
    "backtest.registry_refused": (
        "登记文件有{count}行未采用，见上；回测按其余各行进行。",
        "{count} rows of the registry's files were not taken (above); the back-test goes on without them.",
    ),
    "backtest.refused": ("通行记录有{count}行未采用：{parts}。", "{count} sightings were not taken: {parts}."),
    "backtest.more": ("只逐条列出前{most}行。", "Only the first {most} are listed."),
    "backtest.unknown": (
        "{column}列有{count}行的编号未登记，按无此人（物）计，例如：{names}。",
        "{count} rows name a {column} nobody registered, and count as nobody's; for example {names}.",
    ),
    "backtest.undirected": (
        "{count}行没有方向，按方向不明计。",
        "{count} rows say no direction, and count as of unknown direction.",
    ),
    "backtest.repeated": ("重复的事件{count}行，只计一次。", "{count} rows repeat an event and were counted once."),
    "backtest.outside": (
        "{count}行不在所涉日期之内，未计入。",
        "{count} rows were taken on days that do not matter here.",
    ),
    "backtest.unplaced": ("{count}行无法归入任何小区。", "{count} rows belong to no estate."),
    "backtest.strange": ("未识别的列，未读取：{names}。", "Columns not read: {names}."),
}
register(TEXTS)


@contextmanager
def shown_progress(console: Console) -> Iterator[running.Progress]:
    """A bar that follows the back-test; both languages, since nobody has signed in."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=1)

        def show(what: str, done: float, of: float) -> None:
            key = f"backtest.{what.partition('.')[0]}"
            bar.update(task, description=both(key), completed=done, total=of)

        yield show


def both(key: str, **values: object) -> str:
    """A message in Chinese, then in English."""
    return f"{render(key, 'zh', **values)} {render(key, 'en', **values)}"


def tell(result: running.Result, console: Console) -> None:
    """Everything that was left out: of the registry row by row, of the sightings the first rows and all counts."""

    def say(text: str, style: str = "yellow") -> None:
        console.print(Text(text, style=style), soft_wrap=True)

    report, tally = result.report, result.tally
    for notice in report.notices if report else ():
        say(f"{notice.zh} {notice.en}")
    for row in report.refusals if report else ():
        say(f"{row.file}:{row.line}{_column(row.column)} {row.zh} {row.en}", "red")
    if report and report.refusals:
        say(both("backtest.registry_refused", count=len(report.refusals)))
    for refused in tally.listed:
        say(f"{tally.file}:{refused.line}{_column(refused.column)} {refused.zh} {refused.en}", "red")
    for line in _counts(tally):
        say(line)


def _column(name: str) -> str:
    return f" [{name}]" if name else ""


def _counts(tally: Tally) -> Iterator[str]:
    refused = sum(tally.refused.values())
    if refused:
        parts = ", ".join(f"{column} {count}" for column, count in sorted(tally.refused.items()) if count)
        yield both("backtest.refused", count=refused, parts=parts)
    if refused > len(tally.listed):
        yield both("backtest.more", most=LISTED)
    for column, count in sorted(tally.unknown.items()):
        names = ", ".join(sorted(tally.names[column]))
        yield both("backtest.unknown", column=column, count=count, names=names)
    if tally.strange:
        yield both("backtest.strange", names=", ".join(tally.strange))
    for what in ("undirected", "repeated", "outside", "unplaced"):
        count = getattr(tally, what)
        if count:
            yield both(f"backtest.{what}", count=count)
