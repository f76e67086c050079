"""What the office has on paper when the stream is over: homes, doors, people, leases, cards, consents, meters."""

from datetime import date, timedelta
from math import ceil

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from housing.leases import add_months
from simulators.elsewhere.cast import Body
from simulators.elsewhere.ground import HOME, NONE, Ground
from simulators.elsewhere.stage import Home, Person, Stage

TEXT = "2025-06"
GATEWAY_DOORS = 40
GUARDED = 14 * 12  # months under which a guardian agrees (PIPL Art. 31)


def file_all(stage: Stage, states: dict[int, str]) -> None:
    """Write what stories did not write themselves; `states` are those of homes without a household."""
    _places(stage, states)
    for home in stage.homes:
        _lease(stage, home)
    bodies = {body.person: body for body in stage.bodies if body.person != NONE}
    tenants = {home.row: stage.people[home.tenant.person].name for home in stage.homes}
    for row, person in enumerate(stage.people):
        _person(stage, row, person)
        if row in bodies:
            _cards(stage, row, person, bodies[row])
            _consents(stage, row, person, bodies[row], tenants[person.member_of[0].home])


def _places(stage: Stage, states: dict[int, str]) -> None:
    ground, desk = stage.ground, stage.desk
    for row, home in enumerate(ground.home):
        desk.write("homes", home=home, estate=ground.estate, building=ground.building_id[ground.building[row]],
                   floor=str(ground.floor[row]), unit=ground.unit[row], area_m2=str(ground.area_m2[row]),
                   state=states.get(row, "let"))  # fmt: skip
    for row, door in enumerate(ground.door):
        building, own = ground.door_building[row], ground.door_home[row]
        desk.write("doors", door=door, estate=ground.estate, kind=ground.kind[row],
                   building="" if building == NONE else ground.building_id[building],
                   home="" if own == NONE else ground.home[own],
                   counts_tailgating=str(int(ground.kind[row] != HOME and row % 3 == 0)))  # fmt: skip
    for number in range(ceil(len(ground.door) / GATEWAY_DOORS)):
        doors = ground.door[number * GATEWAY_DOORS : (number + 1) * GATEWAY_DOORS]
        desk.write("gateways", gateway=f"{ground.estate}-g{number + 1:03d}", estate=ground.estate,
                   doors=";".join(doors))  # fmt: skip
    for row in np.flatnonzero(np.isfinite(ground.down[:, 0])).tolist():
        since, until = ground.down[row].tolist()
        desk.write("outages", door=ground.door[row], from_=stage.moment(since), until=stage.moment(until + 1 / 30))


def _lease(stage: Stage, home: Home) -> None:
    """The lease, and while it is renewed and ends within the stream the ones after it."""
    rng, (start, end), number = stage.rng, home.lease, 1
    rent = f"{round(float(rng.uniform(6, 22)) * float(stage.ground.area_m2[home.row]), 1):.1f}"
    while True:
        last = not home.renews or end >= stage.date_of(stage.year.days + 20)
        applied = "" if last else str(max(end - timedelta(days=int(rng.integers(20, 110))), start))
        ended, reason = home.ended if home.ended and last else (None, "")
        stage.desk.write(
            "leases", lease=f"{stage.ground.estate}-l{home.row + 1:05d}-{number}", home=stage.ground.home[home.row],
            tenant=stage.person_id(home.tenant.person), start=str(start), end=str(end), rent_month=rent,
            ended=str(ended or ""), end_reason=reason, relocation_until=str(home.relocation or "") if last else "",
            renewal_applied=applied,
        )  # fmt: skip
        if last:
            return
        start, number = end + timedelta(days=1), number + 1
        end = add_months(start, int(rng.choice([12, 24, 36]))) - timedelta(days=1)


def _person(stage: Stage, row: int, person: Person) -> None:
    for line in person.member_of:
        stage.desk.write(
            "people", person=stage.person_id(row), name=person.name, born=str(person.born),
            home=stage.ground.home[line.home], relation=line.relation, from_=str(line.since),
            until=str(line.until or ""), lives_alone=str(int(line.alone)),
        )  # fmt: skip


def _cards(stage: Stage, row: int, person: Person, body: Body) -> None:
    line = person.member_of[0]
    building = stage.ground.building[line.home]
    pads = bool((stage.ground.pin & (stage.ground.door_building == building)).any())
    for kind, has in (("card", body.card), ("pin", pads)):
        if has:
            stage.desk.write("credentials", credential=f"{stage.person_id(row)}-{kind}", person=stage.person_id(row),
                             kind=kind, from_=str(line.since), until=str(line.until or ""))  # fmt: skip


def _consents(stage: Stage, row: int, person: Person, body: Body, guardian: str) -> None:
    """Door for whoever shows their face, occupancy for most of them, care for whoever wants to be looked after."""
    day = person.enrolled or max(person.member_of[0].since, person.born)
    purposes = [*(["door"] if body.face else []), *(["care"] if person.care else [])]
    purposes += ["occupancy"] if body.face and stage.rng.random() < 0.92 else []
    young = day <= add_months(person.born, GUARDED)
    for purpose in purposes:
        stage.desk.write("consents", person=stage.person_id(row), purpose=purpose, modality="face",
                         given=f"{day}T09:30:00+08:00", text_version=TEXT,
                         guardian=guardian if young else "")  # fmt: skip


def meters(rng: np.random.Generator, ground: Ground, heads: NDArray[np.int32], start: date) -> pa.Table:
    """Daily readings of every home; `heads` (homes, days) bodies that were there some time of the day.

    A fridge and a router run on without anybody; more follows from heads, habits and the season. One home in fifty has
    a meter that skips days.
    """
    homes, days = heads.shape
    season = 1 + 0.45 * np.cos(4 * np.pi * (np.arange(days) + start.timetuple().tm_yday - 20) / 365.25)
    habit = rng.lognormal(0, 0.5, (homes, 1))
    noise = rng.gamma(6, 1 / 6, (homes, days))
    standby = rng.gamma(2, 0.35, (homes, 1)) + 0.05
    power = standby + habit * season * noise * (1.1 * (heads > 0) + 1.3 * heads**0.7)
    water = 0.09 * rng.lognormal(0, 0.4, (homes, 1)) * heads * rng.gamma(5, 0.2, (homes, days))
    skips = rng.random((homes, days)) < np.where(rng.random((homes, 1)) < 0.02, 0.4, 0.003)
    home, day = np.nonzero(~skips)
    return pa.table({
        "home": pa.array(ground.home, pa.string()).take(pa.array(home)),
        "date": pa.array([str(start + timedelta(days=n)) for n in range(days)], pa.string()).take(pa.array(day)),
        "electricity_kwh": pa.array(np.round(power[home, day], 2)).cast(pa.string()),
        "water_m3": pa.array(np.round(water[home, day], 3)).cast(pa.string()),
    })  # fmt: skip
