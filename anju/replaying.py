"""A replay: the services of an installation of its own, and the devices that present a stream to them."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import msgspec
import sqlalchemy as sa
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from anju.demo_summary import Summary, summarise
from anju.installation import open_installation
from anju.launcher.lifecycle import State
from anju.launcher.supervisor import Supervisor
from anju.screen import Screen
from anju.simulating_estate import Tell, prepare
from anju.up import launcher_log, stopped_by_signals
from core import log
from core.clock import Clock
from core.db import Store, open_store
from core.ids import new_id
from core.settings import Settings
from core.texts import register, render
from occupancy import store
from simulators.devices import Fleet
from simulators.replay import StreamPlan
from simulators.replay_streams import Asked, draw
from simulators.streams import Stream

STATE, LEDGER = "replay.json", "ledger"
SERVE_WITHIN_S = 90.0
FOLD_WITHIN_S = 600.0
_LOOK_S = 0.2
_ENDING = (State.STOPPING, State.STOPPED)
register(
    {
        "simulate.drawing": ("生成模拟数据", "Making the stream"),
        "simulate.registering": ("登记模拟小区", "Registering the estate"),
        "simulate.enrolling": ("登记人脸模板", "Enrolling faces"),
        "simulate.playing": ("回放通行记录", "Replaying"),
        "simulate.folding": ("汇总每户每日", "Making home-days"),
        "simulate.resumed": ("接续上次回放：{start} 起的 {days} 天。", "Going on with the {days} days from {start}."),
    }
)


class Replay(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a replay: which stream, and the run of its devices."""

    asked: Asked
    run: str


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a replay ended.

    Attributes:
        presented: Rows of the stream that devices showed.
        left_out: Those that no device can show, by reason.
        summary: By the devices' ledger and the log.
        folded: Occupancy has made the home-days of everything.
    """

    presented: int
    left_out: dict[str, int]
    summary: Summary
    folded: bool


Make = Callable[[Asked, Tell], Stream]


def replay(
    settings: Settings, asked: Asked, speed: float, *, clock: Clock, console: Console, make: Make | None = None
) -> Outcome | None:
    """Replay into the installation of `settings`, or go on with what was begun there; None where a signal ended it.

    Args:
        settings: Of an installation of its own.
        asked: The stream of a new replay.
        speed: Seconds of the stream that pass in one second; may be infinite.
        clock: For what is waited for.
        console: Shows progress.
        make: Draws the stream, the same one whenever it is asked; the generator's where it is left out.

    Raises NotTaken, AlreadyRunning, ChildFailed, in words.
    """
    screen = Screen(console, settings.language)
    with open_installation(settings) as installation, launcher_log(installation.settings):
        own = installation.settings
        kept = begun(own.var_dir, asked)
        if kept.asked != asked:
            screen.say("simulate.resumed", start=kept.asked.start, days=kept.asked.days)
        with shown_progress(console, own.language) as tell:
            stream = (make or drawn)(kept.asked, tell)
            prepare(own, stream, kept.asked.seed, clock=clock, tell=tell)
            plan = StreamPlan(stream, speed=speed, seed=kept.asked.seed)
            supervisor = installation.supervisor(listener=screen)
            with stopped_by_signals(supervisor, screen):
                supervisor.start()
                supervisor.wait_serving(SERVE_WITHIN_S)
                if not _present(plan, own.var_dir, kept.run, supervisor, tell):
                    return None
                summary = _reckoned(own, clock)
                tell("simulate.folding", 0, 1)
                folded = _folded(own, supervisor, clock)
                if _stopping(supervisor):
                    return None
    left_out = dict(plan.showing.left_out)
    return Outcome(presented=len(plan.due_us), left_out=left_out, summary=summary, folded=folded)


@contextmanager
def shown_progress(console: Console, lang: str) -> Iterator[Tell]:
    """One bar that is told what is done, how much of how much."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console, transient=True) as bars:
        task = bars.add_task("", total=1)

        def tell(what: str, done: int, total: int) -> None:
            bars.update(task, description=render(what, lang), completed=done, total=total)

        yield tell


def drawn(asked: Asked, tell: Tell) -> Stream:
    """The stream, with progress."""
    return draw(asked, partial(tell, "simulate.drawing"))


def begun(var: Path, asked: Asked) -> Replay:
    """What was begun in an installation; a new run of `asked` the first time."""
    path = var / STATE
    if path.exists():
        return msgspec.json.decode(path.read_bytes(), type=Replay)
    kept = Replay(asked=asked, run=new_id())
    whole = path.with_suffix(".new")
    whole.write_bytes(msgspec.json.format(msgspec.json.encode(kept)))
    whole.replace(path)
    return kept


def _present(plan: StreamPlan, var: Path, run: str, supervisor: Supervisor, tell: Tell) -> bool:
    """Let the devices present everything; False where a signal came first: the ledger knows what is still open."""
    fleet, total = Fleet(plan, var, var / LEDGER, run), len(plan.due_us)

    def ended() -> bool:
        left = sum(len(post.rows) + len(post.open) for post in fleet.posts)
        tell("simulate.playing", total - left, total)
        return fleet.idle or _stopping(supervisor)

    try:
        fleet.run(ended)
        return fleet.idle
    finally:
        fleet.close()


def _stopping(supervisor: Supervisor) -> bool:
    return all(row.state in _ENDING for row in supervisor.statuses().values())


def _reckoned(settings: Settings, clock: Clock) -> Summary:
    """The summary once gateways have sent on what they stored: asked for again as long as less is missing."""
    count: Callable[[], Summary] = partial(summarise, settings, settings.var_dir / LEDGER, clock=clock)
    summary = count()
    while summary.lost and (again := count()).lost < summary.lost:
        summary = again
    return summary


def _folded(settings: Settings, supervisor: Supervisor, clock: Clock) -> bool:
    """Whether occupancy has folded the whole log and made every home-day again; waited for a while."""
    until = clock.monotonic() + FOLD_WITHIN_S
    recognition = open_store(settings, Store.RECOGNITION, read_only=True)
    occupancy = open_store(settings, Store.OCCUPANCY, read_only=True)
    try:
        with recognition.connect() as conn:
            last = conn.scalar(sa.select(sa.func.max(log.sightings.c.pos))) or 0
        while clock.monotonic() < until and not _stopping(supervisor):
            with occupancy.connect() as conn:
                if store.cursor(conn, f"log:{settings.shard}") >= last and not store.count_dirty(conn):
                    return True
            time.sleep(_LOOK_S)
        return False
    finally:
        recognition.dispose()
        occupancy.dispose()
