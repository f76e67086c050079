"""Which story is told about which home: labels by prevalence, look-alikes by shares of their own, the rest usual."""

from collections.abc import Callable
from typing import NamedTuple

from simulators.elsewhere import breaches, lookalikes
from simulators.elsewhere.ground import NONE
from simulators.elsewhere.stage import Home, Stage


class Plot(NamedTuple):
    """A story: how often, about whom, and how long the stream must be for it to fit."""

    play: Callable[..., None]
    share: float
    fits: Callable[[Stage, Home], bool]
    homes: int = 1
    days: int = 60
    settles: bool = True  # no journeys beside it


def _anybody(_stage: Stage, _home: Home) -> bool:
    return True


def _full_time(_stage: Stage, home: Home) -> bool:
    """Households that are seen most days, so that being gone means something."""
    return home.kind not in {"dorm_single", "homebound"}


def _two(_stage: Stage, home: Home) -> bool:
    return len(home.members) > 1 and bool(home.members[1].age >= 18)


def _own_reader(stage: Stage, home: Home) -> bool:
    return bool(stage.ground.own[home.row] != NONE)


def _alone(_stage: Stage, home: Home) -> bool:
    return breaches.old_and_alone(home)


def _grown_up(_stage: Stage, home: Home) -> bool:
    return all(18 <= body.age < 62 or body.age < 16 for body in home.members)


def _young_couple(_stage: Stage, home: Home) -> bool:
    return _two(_stage, home) and home.members[1].age < 42


def _last_walks(_stage: Stage, home: Home) -> bool:
    return bool(home.members[-1].age >= 6)


def _seen_face(_stage: Stage, home: Home) -> bool:
    return any(body.face for body in home.members)


def _simple(_stage: Stage, home: Home) -> bool:
    """One membership each: nobody lives at two homes."""
    return home.kind not in {"custody", "homebound"}


LABELLED = (  # shares as multiples of the prevalence
    Plot(breaches.sublet_whole, 0.45, _full_time),
    Plot(breaches.sublet_workers, 0.12, _full_time),
    Plot(breaches.sublet_short_let, 0.12, _full_time, days=75),
    Plot(breaches.sublet_post, 0.18, _full_time),
    Plot(breaches.sublet_drift, 0.13, _full_time, days=120),
    Plot(breaches.swap, 0.3, _simple, homes=2, days=75),
    Plot(breaches.extra_resident, 0.7, _full_time, settles=False),
    Plot(breaches.idle, 0.7, _full_time, days=200),
    Plot(breaches.idle_interrupted, 0.2, _full_time, days=300),
    Plot(breaches.overdue, 0.7, _anybody, settles=False),
    Plot(breaches.silent, 0.5, _alone),
)
BENIGN = (  # shares of all homes
    Plot(lookalikes.work_elsewhere, 0.02, _grown_up, days=90),
    Plot(lookalikes.idle_short, 0.007, _full_time, days=180),
    Plot(lookalikes.house_sitter, 0.015, _anybody),
    Plot(lookalikes.convalescent, 0.02, _anybody, settles=False),
    Plot(lookalikes.new_baby, 0.015, _young_couple, days=90, settles=False),
    Plot(lookalikes.hospital, 0.02, _two),
    Plot(lookalikes.late_enrolment, 0.02, _simple),
    Plot(lookalikes.broken_reader, 0.012, _own_reader, settles=False),
    Plot(lookalikes.changed_face, 0.012, _seen_face, settles=False),
    Plot(lookalikes.departure, 0.015, _two, settles=False),
    Plot(lookalikes.approved_swap, 0.008, _simple, homes=2),
    Plot(lookalikes.card_forgotten, 0.015, _last_walks, settles=False),
    Plot(lookalikes.left_in_time, 0.015, _simple),
)
INSPECTED = 0.05
MOST = 0.12  # the largest prevalence at which labelled homes leave room for others


def play(stage: Stage, prevalence: float) -> None:
    """Tell every story, then journeys for whoever has none that forbids them, and the truth of the rest."""
    count = len(stage.homes)
    for plot in LABELLED:
        _cast(stage, plot, plot.share * min(prevalence, MOST) * count)
    for plot in BENIGN:
        _cast(stage, plot, plot.share * count)
    for home in stage.homes:
        if not home.settled:
            lookalikes.journeys(stage, home)
    lookalikes.silent_building(stage)
    _inspect(stage)
    told = {row.home for row in stage.truth}
    for home in stage.homes:
        if stage.ground.home[home.row] not in told:
            stage.tell(home, "usual")


def _inspect(stage: Stage) -> None:
    """An officer calls at a few homes of which no story is told, and meets somebody or nobody."""
    for home in stage.homes:
        if home.free and stage.rng.random() < INSPECTED:
            hour = stage.at(stage.day(0, 1), 9, 17)
            gaps = home.gaps.get(home.tenant.row, ())
            here = not any(since <= hour < until for since, until in gaps) and stage.rng.random() < 0.55
            stage.visit(home.row, hour, "household_met" if here else "nobody")


def _cast(stage: Stage, plot: Plot, wanted: float) -> None:
    """Find homes for a plot: on average `wanted` of them, rounded by lot."""
    if stage.year.days < plot.days:
        return
    fitting = [home for home in stage.homes if home.free and plot.fits(stage, home)]
    stage.rng.shuffle(fitting)
    times = int(wanted / plot.homes + stage.rng.random())
    for number in range(min(times, len(fitting) // plot.homes)):
        chosen = fitting[number * plot.homes : (number + 1) * plot.homes]
        plot.play(stage, *chosen)
        for home in chosen:
            home.free = False
            home.settled |= plot.settles
