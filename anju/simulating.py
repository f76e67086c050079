"""`anju simulate`: a stream of many days through the real services at a chosen speed, or into files for a back-test.

A replay has an installation of its own under `var`, as the demo has, so that made-up people never meet real ones. It
may be interrupted: the same command goes on from the devices' ledger. `anju up --var` shows what came of it.
"""

from datetime import timedelta
from math import inf
from pathlib import Path

from rich.console import Console
from rich.table import Table

from anju.replaying import Outcome, drawn, replay, shown_progress
from anju.screen import Screen
from core.clock import Clock, SystemClock, local_day
from core.errors import AnjuError
from core.settings import Settings
from core.texts import register, render
from occupancy.backtest.command import OutputRefused
from simulators.replay import MOST_DAYS
from simulators.replay_streams import Asked, Generator

FOLDER = "simulated"
SWEEP_S = 20.0  # so that the last home-days are not waited for
MAX = "max"
DONE, WRONG, INTERRUPTED = 0, 1, 130  # 130: the shell's number for Ctrl-C
register(
    {
        "simulate.result": ("回放结果", "What came of it"),
        "simulate.presented": ("已出示", "Presented"),
        "simulate.sightings": ("已记录", "Recorded"),
        "simulate.lost": ("丢失", "Lost"),
        "simulate.duplicated": ("重复", "Duplicated"),
        "simulate.left_out": ("未出示：{reason}", "Left out: {reason}"),
        "simulate.refused": ("网关拒收：{reason}", "Refused by a gateway: {reason}"),
        "simulate.unfolded": (
            "居住分析尚未处理完；请运行 anju up --var {path}，它会继续处理。",
            "Occupancy has not caught up yet: `anju up --var {path}` lets it go on.",
        ),
        "simulate.look": (
            "查看结果：先运行 anju user add 新建账号，再运行 anju up --var {path}",
            "To look at it: add a user with `anju user add`, then `anju up --var {path}`",
        ),
        "simulate.written": (
            "{sightings}条通行记录已写入 {path}；回测：anju backtest --registry {path} --sightings"
            " {path}/sightings.parquet --from {start} --until {until} --out 结果文件夹",
            "{sightings} sightings are in {path}. To back-test: anju backtest --registry {path} --sightings"
            " {path}/sightings.parquet --from {start} --until {until} --out RESULTS",
        ),
    }
)


class TooLong(AnjuError):
    """Gateways refuse events as old as these would be."""

    code = "stream_too_long"


class WrongChoice(AnjuError):
    """No such generator, or no speed."""

    code = "wrong_choice"


def run(
    settings: Settings,
    generator: str,
    *,
    homes: int,
    days: int,
    seed: int,
    speed: str,
    out: Path | None = None,
    clock: Clock | None = None,
) -> int:
    """Replay the `days` days before today, or write them to `out`.

    Args:
        settings: Their `var_dir` gets a directory for this stream under `simulated`.
        generator: Of behaviour, as `Generator` names them.
        speed: Seconds of the stream that pass in one second, or `max`: as fast as the gateways take them.
        out: Only write the files of the stream, for a back-test.

    Returns:
        0; 1 where something was lost or doubled; 130 where it was interrupted.

    Raises:
        WrongChoice, TooLong, OutputRefused, NotTaken, AlreadyRunning, ChildFailed, in words.
    """
    clock, console = clock or SystemClock(), Console(stderr=True)
    start = local_day(clock.now()) - timedelta(days=days)
    asked = Asked(generator=_generator(generator), seed=seed, homes=homes, start=start, days=days)
    pace = _pace(speed)
    if out is not None:
        write(asked, out, console, settings.language)
        return DONE
    if days > MOST_DAYS:
        raise TooLong(
            f"网关不接收更早的记录，最多回放{MOST_DAYS}天；更长的数据请用 --out 写入文件后回测。",
            f"Gateways take nothing older, so at most {MOST_DAYS} days can be replayed; for longer streams write files "
            f"with --out and back-test them.",
        )
    own = settings.model_copy(
        update={"var_dir": settings.var_dir / FOLDER / asked.name, "sweep_s": min(settings.sweep_s, SWEEP_S)}
    )
    outcome = replay(own, asked, pace, clock=clock, console=console)
    if outcome is None:
        return INTERRUPTED
    screen = Screen(console, settings.language)
    console.print(table(outcome, settings.language))
    if not outcome.folded:
        screen.say("simulate.unfolded", path=own.var_dir)
    screen.say("simulate.look", path=own.var_dir)
    return WRONG if outcome.summary.lost or outcome.summary.duplicated else DONE


def _generator(name: str) -> Generator:
    try:
        return Generator(name)
    except ValueError as error:
        known = ", ".join(Generator)
        raise WrongChoice(f"没有“{name}”，可选：{known}。", f"{name!r} is none of {known}.") from error


def _pace(speed: str) -> float:
    """Seconds in a second; infinite for MAX."""
    try:
        pace = inf if speed == MAX else float(speed)
    except ValueError:
        pace = 0.0
    if not pace > 0:
        raise WrongChoice(
            f"速度“{speed}”无效，应为正数或 {MAX}。", f"The speed {speed!r} is neither above 0 nor {MAX}."
        )
    return pace


def write(asked: Asked, out: Path, console: Console, lang: str) -> None:
    """Only the files: registry, sightings.parquet and truth.csv. Raises OutputRefused."""
    with shown_progress(console, lang) as tell:
        stream = drawn(asked, tell)
        try:
            stream.write(out)
        except OSError as error:
            raise OutputRefused(f"无法写入文件夹“{out}”：{error.strerror}。", f"{out}: {error.strerror}.") from error
    until = asked.start + timedelta(days=asked.days)
    told = {"sightings": stream.sightings.num_rows, "path": out, "start": asked.start, "until": until}
    console.print(render("simulate.written", lang, **told), markup=False, soft_wrap=True)


def table(outcome: Outcome, lang: str) -> Table:
    """The reckoning: counts, and everything that did not become a sighting, by reason."""
    summary = outcome.summary
    rows = [(f"simulate.{name}", "", getattr(summary, name)) for name in ("sightings", "lost", "duplicated")]
    rows = [("simulate.presented", "", outcome.presented), *rows]
    rows += [("simulate.refused", reason, count) for reason, count in sorted(summary.refused.items())]
    rows += [("simulate.left_out", reason, count) for reason, count in sorted(outcome.left_out.items())]
    made = Table(title=render("simulate.result", lang), show_header=False)
    made.add_column()
    made.add_column(justify="right")
    for key, reason, count in rows:
        made.add_row(render(key, lang, reason=reason), f"{count:,}")
    return made
