"""`anju doctor`: what is fine, missing or wrong on this machine, with the mend."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from anju.checks import machine, parts, stores
from anju.checks.row import Row, State, fine, wrong
from core.clock import SystemClock
from core.settings import Settings, WrongSettings, load_settings
from core.texts import register, render

register(
    {
        "doctor.name": ("项目", "What"),
        "doctor.state": ("状态", "State"),
        "doctor.detail": ("情况", "Seen"),
        "doctor.mend": ("处理办法", "Mend"),
        "doctor.fine": ("正常", "fine"),
        "doctor.missing": ("缺失", "missing"),
        "doctor.wrong": ("错误", "wrong"),
        "doctor.all_fine": ("一切正常。", "Everything is fine."),
        "doctor.not_fine": ("有{count}项需要处理。", "{count} need attention."),
    }
)
_COLOURS = {State.FINE: "green", State.MISSING: "yellow", State.WRONG: "red"}


def doctor(var: Path | None = None, *, as_json: bool = False) -> int:
    """Look at everything, print it, and return 0 where all is fine, else 1."""
    rows, lang = examine(var)
    if as_json:
        print(json.dumps({"rows": [asdict(row) for row in rows]}, ensure_ascii=False))  # noqa: T201 - for programs
    else:
        show(rows, lang, Console())
    return 0 if all(row.state is State.FINE for row in rows) else 1


def examine(var: Path | None = None) -> tuple[list[Row], str]:
    """Every row, and the language of the settings. Wrong settings are a row; the machine is looked at all the same."""
    machine_rows = [machine.python(), *parts.programs()]
    try:
        settings = load_settings()
    except WrongSettings as error:
        return [*machine_rows, *parts.models(), wrong("settings", error.en, error.mend_zh, error.mend_en)], "zh"
    if var is not None:
        settings = settings.model_copy(update={"var_dir": var})
    return [*machine_rows, fine("settings", _named(settings)), *_installation(settings)], settings.language


def _installation(settings: Settings) -> list[Row]:
    now, var = SystemClock().now(), settings.var_dir
    return [
        *parts.all_models(var),
        machine.directory(var),
        machine.fsync(var),
        machine.clock(now, synchronised=machine.synchronised()),
        *parts.outside(settings),
        *stores.stores(settings),
        *stores.gateways(settings, now),
        *parts.children(var),
    ]


def show(rows: Iterable[Row], lang: str, console: Console) -> None:
    """A table for people, and one line that sums it up."""
    rows = list(rows)
    table = Table()
    for column in ("name", "state", "detail", "mend"):
        table.add_column(render(f"doctor.{column}", lang), overflow="fold")
    for row in rows:
        state = f"[{_COLOURS[row.state]}]{render(f'doctor.{row.state}', lang)}[/]"
        table.add_row(escape(row.name), state, escape(row.detail), escape(row.mend(lang)))
    console.print(table)
    count = sum(row.state is not State.FINE for row in rows)
    console.print(render("doctor.not_fine", lang, count=count) if count else render("doctor.all_fine", lang))


def _named(settings: Settings) -> str:
    """Which settings were chosen; their values may be secret."""
    chosen = sorted(settings.model_fields_set)
    return ", ".join(chosen) if chosen else "all by default"
