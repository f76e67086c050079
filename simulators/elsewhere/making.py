"""From a seed to a stream: ground, households, stories, movement, readings, papers, in this order."""

from collections.abc import Callable
from datetime import date

import numpy as np

from simulators.elsewhere import plots, register
from simulators.elsewhere.callers import call, heads, joined, walkers_of
from simulators.elsewhere.cast import Job, embody
from simulators.elsewhere.ground import Shape, lay
from simulators.elsewhere.households import move_in
from simulators.elsewhere.movement import walk
from simulators.elsewhere.reading import read
from simulators.elsewhere.rosters import duties
from simulators.elsewhere.stage import Stage
from simulators.elsewhere.year import year_of
from simulators.plate_numbers import draw_plates
from simulators.randomness import stream
from simulators.streams import Stream, Truth

EMPTY = (("let", 0.94), ("vacant", 0.025), ("repair", 0.025), ("reserved", 0.01))
METERED = 0.4  # of the estates have meters that are read every day
STEPS = 6
Told = Callable[[str, int], None]


class BadEstate(ValueError):
    """An estate that cannot be made: no homes or no days."""


def _silent(_what: str, _step: int) -> None:
    """Nobody watches."""


def make(
    seed: int,
    homes: int,
    start: date,
    days: int,
    *,
    prevalence: float = 0.005,
    shape: Shape | None = None,
    told: Told = _silent,
) -> Stream:
    """Make one estate from `start` for `days` days; the same arguments give the same stream.

    Args:
        seed: any non-negative number; it decides the estate's shape too, where `shape` is left out.
        homes: 1 or more.
        days: 1 or more; stories that do not fit into them are not told (idle homes need 200).
        prevalence: share of homes that are sublet; other labels follow in proportion. Above `plots.MOST` it is that.
        shape: which readers the estate has.
        told: called with the name and number of each of STEPS steps.

    Raises:
        BadEstate: No homes, no days, or a negative prevalence.
    """
    if homes < 1 or days < 1 or prevalence < 0:
        raise BadEstate("an estate has at least one home, one day and no negative prevalence")
    rng = stream(seed, "elsewhere/stories")
    year = year_of(start, days)
    told("ground", 0)
    ground = lay(seed, homes, year.hours, shape)
    plates = draw_plates(stream(seed, "elsewhere/plates"), np.zeros(2 * homes + 8, np.int64))
    stage = Stage(rng, year, ground, plates.tolist())
    told("stories", 1)
    states = _fill(stage, homes)
    plots.play(stage, prevalence)
    stage.settle()
    told("movement", 2)
    moves = stream(seed, "elsewhere/movement")
    passages = walk(moves, stage.bodies, stage.stays, *duties(moves, stage.bodies, year), year.hours)
    told("callers", 3)
    counts = heads(stage.stays, homes, days)
    caller = embody(rng, len(stage.bodies), Job.NONE, 30)
    stage.bodies.append(caller)
    repairs = [row for row, state in states.items() if state == "repair"]
    callers = call(stage, counts, caller.row, repairs)
    told("readings", 4)
    sightings = read(stage, joined(walkers_of(passages, stage.stays), callers), stream(seed, "elsewhere/readings"))
    told("papers", 5)
    register.file_all(stage, states | _left(stage))
    registry = stage.desk.tables()
    paper = stream(seed, "elsewhere/meters")
    if paper.random() < METERED:
        registry["meters"] = register.meters(paper, ground, counts, start)
    return Stream(start=start, days=days, registry=registry, sightings=sightings, truth=tuple(_all_truth(stage)))


def _fill(stage: Stage, homes: int) -> dict[int, str]:
    """Households for let homes; the states of the others."""
    words = [word for word, _ in EMPTY]
    drawn = stage.rng.choice(len(words), size=homes, p=[share for _, share in EMPTY])
    states = {row: words[code] for row, code in enumerate(drawn.tolist()) if code}
    for row in range(homes):
        if row not in states:
            move_in(stage, row)
    return states


def _left(stage: Stage) -> dict[int, str]:
    """Homes that were given back before the stream ended."""
    return {home.row: "vacant" for home in stage.homes if home.ended and stage.membership(home.tenant).until}


def _all_truth(stage: Stage) -> list[Truth]:
    """Stories by home, and a row for every home without a household."""
    lived_in = {home.row for home in stage.homes}
    nobody = [
        Truth(home=name, household="none", scenario="usual")
        for row, name in enumerate(stage.ground.home) if row not in lived_in
    ]  # fmt: skip
    return sorted([*stage.truth, *nobody], key=lambda row: (row.home, row.since or date.min))
