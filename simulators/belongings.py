"""What goes with living somewhere: leases, vehicles, cards and PINs, passes, absences and consents."""

from datetime import date

import numpy as np

from core.clock import US_PER_DAY, US_PER_SECOND, day_start_us
from simulators.buildings import numbered
from simulators.households import age_on
from simulators.names import draw_given, draw_surnames
from simulators.plate_numbers import PlateKind, draw_plates
from simulators.randomness import stream
from simulators.tables import (
    Absences,
    Bools,
    Consents,
    Credentials,
    Days,
    Homes,
    Ints,
    Leases,
    Passes,
    People,
    Vehicles,
)

TERM_YEARS = 3
OVERDUE_SHARE = 0.015
ENDING_SOON_SHARE = 0.03  # within three months, so that reminders have something to say
OWNER_AGE = 18
CARD_AGE = 7
CONSENT_TEXT = "2025-06"
GUARDED_YEARS = 14
_HOUR_US = 3600 * US_PER_SECOND


def add_years(days: Days, years: int) -> Days:
    """(n,) the same calendar day `years` later; 29 February becomes the last of February."""
    month = days.astype("datetime64[M]")
    there = month + 12 * years
    last = (there + 1).astype("datetime64[D]") - 1
    moved: Days = np.minimum(there.astype("datetime64[D]") + (days - month), last)
    return moved


def draw_leases(seed: int, estate: str, homes: Homes, people: People, today: date) -> Leases:
    """One running lease a let home; a few overdue, a few about to end."""
    rng = stream(seed, "leases")
    tenant = np.flatnonzero(people.relation == "tenant")
    count, now = len(tenant), np.datetime64(today)
    left = rng.integers(100, TERM_YEARS * 365 - 1, size=count)
    draw = rng.random(count)
    left = np.where(draw < OVERDUE_SHARE, -rng.integers(3, 60, size=count), left)
    soon = (draw >= OVERDUE_SHARE) & (draw < OVERDUE_SHARE + ENDING_SOON_SHARE)
    left = np.where(soon, rng.integers(5, 90, size=count), left)
    end = now + left
    applied = np.where(soon & (rng.random(count) < 0.5), now - rng.integers(1, 20, size=count), np.datetime64("NaT"))
    home = people.home[tenant]
    return Leases(
        id=numbered(f"{estate}-l", np.arange(1, count + 1), 6),
        home=home,
        tenant=tenant,
        start=add_years(end, -TERM_YEARS) + 1,
        end=end,
        rent_yuan=np.round(homes.area_m2[home] * rng.uniform(6.5, 8.5, size=count)).astype(np.int64),
        renewal_applied=applied,
    )


def draw_vehicles(seed: int, people: People, today: date) -> Vehicles:
    """About a third of the grown-up tenants and spouses under 70 keep a car, the staff too."""
    rng = stream(seed, "vehicles")
    age = age_on(people.born, today)
    driver = np.isin(people.relation, ("tenant", "spouse", "staff")) & (age >= OWNER_AGE) & (age < 70)
    owner = np.flatnonzero(driver & (rng.random(len(age)) < 0.3))
    kind = rng.choice(
        np.array([PlateKind.BLUE, PlateKind.GREEN, PlateKind.YELLOW], dtype=np.int64),
        size=len(owner),
        p=(0.68, 0.27, 0.05),
    )
    return Vehicles(
        plate=draw_plates(rng, kind), kind=kind, person=owner, home=people.home[owner], since=people.since[owner]
    )


def draw_credentials(seed: int, estate: str, people: People, today: date) -> Credentials:
    """A card for everybody from seven years on, a PIN for some: nobody depends on a biometric (D2)."""
    rng = stream(seed, "credentials")
    holder = np.flatnonzero(age_on(people.born, today) >= CARD_AGE)
    pin = holder[rng.random(len(holder)) < 0.25]
    return Credentials(
        id=np.concatenate(
            [
                numbered(f"{estate}-card-", np.arange(1, len(holder) + 1), 6),
                numbered(f"{estate}-pin-", np.arange(1, len(pin) + 1), 6),
            ]
        ),
        person=np.concatenate([holder, pin]),
        kind=np.concatenate([np.full(len(holder), "card"), np.full(len(pin), "pin")]),
        since=np.concatenate([people.since[holder], people.since[pin]]),
    )


def draw_passes(seed: int, estate: str, homes: Homes, today: date) -> Passes:
    """Visitors' and couriers' passes for today and tomorrow, carers' and workmen's for a week; one home in eight."""
    rng = stream(seed, f"passes/{today:%Y%m%d}")
    let = np.flatnonzero(homes.state == "let")
    home = let[rng.random(len(let)) < 0.12]
    count = len(home)
    kind = rng.choice(np.array(["visitor", "courier", "carer", "contractor"]), size=count, p=(0.6, 0.25, 0.1, 0.05))
    start = np.full(count, day_start_us(today))
    hours = np.where(np.isin(kind, ("visitor", "courier")), 48, 7 * 24)
    holder = np.char.add(
        draw_surnames(rng, count), draw_given(rng, rng.integers(1960, 2004, size=count), rng.random(count) < 0.5)
    )
    return Passes(
        id=numbered(f"{estate}-pass-{today:%Y%m%d}-", np.arange(1, count + 1), 5),
        home=home,
        kind=kind,
        holder=holder,
        from_us=start,
        until_us=start + hours * _HOUR_US,
    )


def draw_absences(seed: int, homes: Homes, people: People, today: date) -> Absences:
    """Declared absences: households away for work or travel, single people in hospital or at school."""
    rng = stream(seed, "absences")
    let = np.flatnonzero(homes.state == "let")
    away = let[rng.random(len(let)) < 0.03]
    living = np.flatnonzero((people.home >= 0) & (people.relation != "carer"))
    single = living[(rng.random(len(living)) < 0.01) & ~np.isin(people.home[living], away)]
    count, now = len(away) + len(single), np.datetime64(today)
    age = age_on(people.born, today)[single]
    since = now - rng.integers(1, 90, size=count)
    return Absences(
        home=np.concatenate([away, people.home[single]]),
        person=np.concatenate([np.full(len(away), -1), single]),
        since=since,
        until=now + rng.integers(5, 90, size=count),
        kind=np.concatenate(
            [
                rng.choice(np.array(["work", "travel", "other"]), size=len(away), p=(0.6, 0.3, 0.1)),
                np.where((age >= 12) & (age < 23), "school", np.where(age >= 60, "hospital", "work")),
            ]
        ),
        approved=rng.random(count) < 0.9,
    )


def draw_consents(seed: int, people: People, today: date) -> Consents:
    """One row a purpose: door for who uses the face, occupancy for most of those, care for most who live alone."""
    rng = stream(seed, "consents")
    door = np.flatnonzero(people.face)
    occupancy = door[rng.random(len(door)) < 0.9]
    care = door[people.lives_alone[door] & (rng.random(len(door)) < 0.8)]
    person = np.concatenate([door, occupancy, care])
    purpose = np.repeat(np.array(["door", "occupancy", "care"]), [len(door), len(occupancy), len(care)])
    given = people.since[person].astype("datetime64[us]").astype(np.int64) + 2 * _HOUR_US  # 10 o'clock in China
    given = np.minimum(given, day_start_us(today) - US_PER_DAY)
    return Consents(
        person=person,
        purpose=purpose,
        modality=np.full(len(person), "face"),
        given_us=given,
        guardian=np.where(_under_age(people.born[person], given), _guardians(people)[person], -1),
    )


def _under_age(born: Days, given_us: Ints) -> Bools:
    """(n,) whether fourteen years were not yet over when a consent was given (they are at the birthday's end)."""
    china = given_us + 8 * _HOUR_US
    under: Bools = china.astype("datetime64[us]").astype("datetime64[D]") <= add_years(born, GUARDED_YEARS)
    return under


def _guardians(people: People) -> Ints:
    """(n_people,) the tenant of each one's home; -1 without one."""
    tenant_of = np.full(int(people.home.max(initial=0)) + 1, -1)
    tenants = np.flatnonzero(people.relation == "tenant")
    tenant_of[people.home[tenants]] = tenants
    return np.where(people.home >= 0, tenant_of[people.home], -1)
