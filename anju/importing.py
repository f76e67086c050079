"""`anju import`: the registry's files into the housing store, with progress, counts and every refused row in words."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text as Line

from core.clock import SystemClock
from core.db import Store, open_store
from core.db.migrate import migrate_store
from core.settings import Settings
from core.texts import register, render
from core.vault import Vault
from housing.registry import importing

NOTHING_REFUSED, SOMETHING_REFUSED = 0, 1
register(
    {
        "import.read": ("读取文件", "Reading"),
        "import.parse": ("解析各行", "Parsing"),
        "import.check": ("核对引用", "Checking"),
        "import.write": ("写入登记", "Writing"),
        "import.done": ("完成", "Done"),
        "import.file": ("文件", "File"),
        "import.inserted": ("新增", "New"),
        "import.updated": ("更新", "Changed"),
        "import.unchanged": ("未变", "Unchanged"),
        "import.refused": ("拒绝", "Refused"),
        "import.all_taken": ("全部{accepted}行均已接收。", "All {accepted} rows were taken."),
        "import.some_refused": (
            "接收{accepted}行，拒绝{refused}行；被拒绝的行见上，更正后可再次导入同一批文件。",
            "{accepted} rows were taken, {refused} refused; correct those above and import the same files again.",
        ),
        "import.nothing_taken": (
            "有{refused}行被拒绝，按 --strict 要求未导入任何数据。",
            "{refused} rows were refused; because of --strict nothing was imported.",
        ),
        "import.templates_removed": (
            "同意被撤回，已删除{count}个识别模板。",
            "Consents were withdrawn; {count} templates were removed.",
        ),
    }
)


def run(
    settings: Settings, source: Path, strict: bool = False, *, actor: str | None = None, console: Console | None = None
) -> int:
    """Import a folder of CSV files or one .xlsx; returns 0, or 1 where something was refused.

    Estates get their keys in the vault before they are registered. Raises SourceRefused and FilesMissing.
    """
    console = console or Console(stderr=True)
    migrate_store(settings, Store.HOUSING)
    vault, engine = Vault.open(settings), open_store(settings, Store.HOUSING)

    def give_keys(estates: tuple[str, ...]) -> None:
        for estate in estates:
            vault.create(estate)

    try:
        with _progress(console, settings.language) as progress:
            report = importing.run_import(
                engine,
                source,
                strict=strict,
                actor=actor or whoever_types(),
                now=SystemClock().now(),
                progress=progress,
                prepare=give_keys,
            )
    finally:
        engine.dispose()
    _tell(report, console, settings.language)
    return SOMETHING_REFUSED if report.refusals else NOTHING_REFUSED


def whoever_types() -> str:
    """The name under which acts at the command line are audited."""
    return f"cli:{os.environ.get('USER') or os.getuid()}"[:64]


@contextmanager
def _progress(console: Console, lang: str) -> Iterator[importing.Progress]:
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=1)

        def show(what: str, done: int, total: int) -> None:
            bar.update(task, description=render(f"import.{what}", lang), completed=done, total=total)

        yield show


def _tell(report: importing.Report, console: Console, lang: str) -> None:
    """Notices, every refused row in both languages, counts by file, the sum."""
    for notice in report.notices:
        console.print(Line(notice.zh if lang == "zh" else notice.en, style="yellow"), soft_wrap=True)
    for row in report.refusals:
        place = f"{row.file}:{row.line}" + (f" [{row.column}]" if row.column else "")
        console.print(Line(f"{place} {row.zh} {row.en}", style="red"), soft_wrap=True)
    if report.applied:
        console.print(_counts(report, lang))
    if report.templates_removed:
        console.print(render("import.templates_removed", lang, count=report.templates_removed))
    key = "all_taken" if not report.refusals else "some_refused" if report.applied else "nothing_taken"
    console.print(render(f"import.{key}", lang, accepted=report.accepted, refused=len(report.refusals)))


def _counts(report: importing.Report, lang: str) -> Table:
    table = Table(render("import.file", lang))
    for key in ("inserted", "updated", "unchanged"):
        table.add_column(render(f"import.{key}", lang), justify="right")
    for name, count in report.counts.items():
        table.add_row(name, str(count.inserted), str(count.updated), str(count.unchanged))
    return table
