"""A run of simulated devices as data, so that a process can be told what to do and do it again after a crash."""

from datetime import date, timedelta
from pathlib import Path
from typing import Literal

import msgspec

from core.clock import CHINA, US_PER_SECOND, day_start_us
from simulators import day as days
from simulators import world as worlds
from simulators.day_plan import DayPlan
from simulators.faces import Sitter, gather
from simulators.load import LoadPlan
from simulators.plan import Plan
from simulators.readers import lay_readers
from simulators.rounds import draw_encounters, draw_rounds, seat
from simulators.tables import World


class Estate(msgspec.Struct, frozen=True, kw_only=True):
    """Which seeded estate, and whose real pictures live in it.

    Attributes:
        faces: Folder of the user's own pictures; empty: the portrait of an installed package.
    """

    seed: int
    today: date
    homes: int = worlds.DEFAULT_HOMES
    estate: str = worlds.DEFAULT_ESTATE
    faces: str = ""


class BusyDays(msgspec.Struct, frozen=True, kw_only=True, tag="day"):
    """Days as people live them.

    Attributes:
        first: The first of the days.
        speed: Seconds of the day that pass in one second.
        begins_h: Hour of the first day at which the run begins.
        days: How many.
    """

    first: date
    speed: float = 60.0
    begins_h: float = 7.0
    days: int = 3


class Load(msgspec.Struct, frozen=True, kw_only=True, tag="load"):
    """Faces at doors (see `LoadPlan`)."""

    events: int
    rate: float | None = None
    seed: int = 1


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One run.

    Attributes:
        run: Its id: letters and digits.
        var: The installation's directory.
        ledger: The ledger's file.
    """

    run: str
    var: str
    ledger: str
    estate: Estate
    what: BusyDays | Load

    @classmethod
    def load(cls, path: Path) -> "Run":
        """The run written in `path` (JSON). Raises OSError or msgspec.DecodeError."""
        return msgspec.json.decode(path.read_bytes(), type=cls)

    def save(self, path: Path) -> None:
        """Write it where `load` reads it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(msgspec.json.format(msgspec.json.encode(self)))


def populate(estate: Estate, kind: Literal["day", "load"] = "day") -> tuple[World, dict[int, Sitter]]:
    """The estate with the people of whom there are real pictures; a load has none."""
    world = worlds.draw(estate.seed, estate.today, homes=estate.homes, estate=estate.estate)
    if kind == "load":
        return world, {}
    return seat(world, gather(Path(estate.faces) if estate.faces else None).sitters)


def plan_of(run: Run) -> Plan:
    """What the devices of a run present; the same whenever it is asked."""
    if isinstance(run.what, Load):
        world, _ = populate(run.estate, "load")
        return LoadPlan(world, run.what.events, rate=run.what.rate, seed=run.what.seed)
    estate, sitters = populate(run.estate)
    world = worlds.on_day(estate, run.what.first)
    readers, first = lay_readers(world), run.what.first
    begin = day_start_us(first, CHINA) + int(run.what.begins_h * 3600) * US_PER_SECOND
    end = day_start_us(first + timedelta(days=run.what.days), CHINA)
    parts = [days.draw_day(world.seed, world, first + timedelta(days=number)) for number in range(run.what.days)]
    parts += [draw_rounds(world, readers, list(sitters), begin, end), draw_encounters(world, readers, begin, end)]
    whole = days.in_order(parts)
    wanted = whole.rows((whole.at_us >= begin) & (whole.at_us < end))
    return DayPlan(world, readers, wanted, speed=run.what.speed, sitters=sitters)
