"""The oracle of the detection benchmark against days counted by hand."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.detect_oracle import due_evenings, months_later
from housing.leases import add_months
from simulators.streams import Stream
from tests.unit.detect_streams import HOMES, LEASES, PEOPLE, Row, Seen, at, passage, stream

DAY = timedelta(days=1)


def daily(first: date, last: date, person: str = "p1", **values: object) -> list[Seen]:
    return [passage(first + n * DAY, person, **values) for n in range((last - first).days + 1)]


def idle(made: Stream, home: str = "h1") -> tuple[date, ...]:
    return due_evenings(made)[home].vacancy


def overdue(made: Stream, home: str = "h1") -> tuple[date, ...]:
    return due_evenings(made)[home].overdue


def lease(**values: str) -> list[Row]:
    return [{**LEASES[0], **values}, LEASES[1]]


@pytest.mark.parametrize(
    ("last", "term"),
    [
        (date(2026, 1, 31), date(2026, 8, 1)),
        (date(2026, 2, 27), date(2026, 8, 28)),
        (date(2026, 2, 28), date(2026, 9, 1)),
        (date(2026, 8, 30), date(2027, 2, 28)),  # no 31 February
        (date(2027, 8, 30), date(2028, 2, 29)),
        (date(2027, 8, 28), date(2028, 2, 29)),
        (date(2027, 8, 27), date(2028, 2, 28)),
        (date(2028, 2, 28), date(2028, 8, 29)),
        (date(2028, 2, 29), date(2028, 9, 1)),
    ],
)
def test_six_calendar_months_after_the_day_after_the_last_entry(last: date, term: date) -> None:
    start = last - 10 * DAY
    seen = daily(start, last)
    whole = stream(seen, start=start, days=(term - start).days + 1)
    assert idle(whole) == (term,)
    assert idle(stream(seen, start=start, days=whole.days - 1)) == ()


@given(st.dates(date(1995, 1, 1), date(2100, 1, 1)), st.integers(0, 60))
def test_months_are_added_as_leases_add_them(day: date, months: int) -> None:
    assert months_later(day.toordinal(), months) == add_months(day, months).toordinal()


def test_a_home_never_entered_is_idle_since_the_first_day_anything_was_seen() -> None:
    made = stream(daily(date(2026, 1, 5), date(2026, 12, 31)))
    assert idle(made) == ()
    assert idle(made, "h2") == (date(2026, 7, 5),)


def test_each_run_has_an_evening_of_its_own() -> None:
    made = stream([passage(date(2026, 1, 1)), passage(date(2026, 8, 1))], days=600)
    assert idle(made) == (date(2026, 7, 2), date(2027, 2, 2))


@pytest.mark.parametrize(
    ("values", "enters"),
    [
        ({}, True),
        ({"direction": "unknown"}, True),
        ({"direction": "out"}, False),
        ({"outcome": "denied"}, False),
        ({"outcome": "mismatch", "modality": "card", "seen": "p2"}, False),
        ({"modality": "plate", "plate": "A1"}, False),
        ({"modality": "finger", "door": "b-door"}, True),
        ({"modality": "card", "door": "gate", "home": "h1"}, True),
        ({"modality": "card", "door": "gate", "home": "h2"}, True),  # a card of the home they left: they live in h1
        ({"door": "h1-door", "home": "h1"}, True),
        ({"door": "h2-door", "home": "h2"}, False),  # at a neighbour's
        ({"person": "p2"}, False),
        ({"person": None, "outcome": "unrecognised", "door": "h1-door", "home": "h1"}, False),
    ],
)
def test_what_counts_as_an_entry(values: dict[str, object], enters: bool) -> None:
    made = stream([passage(date(2026, 1, 1), "p2"), passage(date(2026, 3, 10), **values)], days=240)  # type: ignore[arg-type]
    assert idle(made) == (() if enters else (date(2026, 7, 1),))


def test_a_carer_is_not_of_the_household_and_a_member_only_while_it_lasts() -> None:
    people = [
        PEOPLE[1],
        {"person": "p1", "home": "h1", "relation": "tenant", "from": "2020-01-01", "until": "2026-02-01"},
        {"person": "c", "home": "h1", "relation": "carer", "from": "2020-01-01"},
    ]
    seen = [*daily(date(2026, 1, 1), date(2026, 12, 31), "c"), *daily(date(2026, 1, 1), date(2026, 12, 31))]
    assert idle(stream(seen, people=people)) == (date(2026, 8, 1),)


def test_a_carer_who_lives_next_door_enters_for_her_own_home() -> None:
    people = [*PEOPLE, {"person": "p2", "home": "h1", "relation": "carer", "from": "2026-01-01"}]
    seen = daily(date(2026, 1, 1), date(2026, 12, 31), "p2")
    assert idle(stream(seen, people=people), "h2") == ()
    assert idle(stream(seen, people=people)) == (date(2026, 7, 1),)


@pytest.mark.parametrize(("approved", "stands_empty"), [("1", "h2"), ("0", "h1")])
def test_after_a_consented_swap_each_household_enters_the_others_home(approved: str, stands_empty: str) -> None:
    swaps = [{"home_a": "h1", "home_b": "h2", "from": "2026-01-01", "approved": approved}]
    made = stream(daily(date(2026, 1, 1), date(2026, 12, 31), "p2"), swaps=swaps)
    found = due_evenings(made)
    assert [home for home in found if found[home].vacancy] == [stands_empty]


def absent(first: str, until: str, person: str = "", approved: str = "1") -> Row:
    return {"home": "h1", "person": person, "from": first, "until": until, "kind": "work", "approved": approved}


@pytest.mark.parametrize(
    ("absences", "term"),
    [
        ([absent("2026-03-01", "2026-03-11")], date(2026, 8, 11)),
        ([absent("2026-03-01", "2026-03-11", approved="0")], date(2026, 8, 1)),
        ([absent("2026-01-20", "2026-02-03")], date(2026, 8, 3)),  # only the days of the run count
        ([absent("2026-07-25", "2026-08-05")], date(2026, 8, 12)),  # while it lasts, the term moves away
        ([absent("2026-03-01", "2026-03-11", "p1")], date(2026, 8, 1)),
        ([absent("2026-03-01", "2026-03-11", "p1"), absent("2026-03-06", "2026-03-16", "p3")], date(2026, 8, 6)),
    ],
)
def test_approved_absences_move_the_term(absences: list[Row], term: date) -> None:
    people = [*PEOPLE, {"person": "p3", "home": "h1", "relation": "spouse", "from": "2020-01-01"}]
    made = stream(daily(date(2026, 1, 1), date(2026, 1, 31)), people=people, absences=absences)
    assert idle(made) == (term,)


def down(door: str, first: str, until: str, gateway: str = "") -> Row:
    return {"door": door, "gateway": gateway, "from": f"{first}+08:00", "until": f"{until}+08:00"}


EVERY = ("gate", "b-door", "h1-door")


@pytest.mark.parametrize(
    ("outages", "term"),
    [
        ([down(door, "2026-03-01T00:00:00", "2026-03-06T00:00:00") for door in EVERY], date(2026, 8, 6)),
        ([down(door, "2026-03-01T00:00:00", "2026-03-06T00:00:00") for door in EVERY[:2]], date(2026, 8, 1)),
        ([down(door, "2026-03-01T12:00:00", "2026-03-03T11:59:00") for door in EVERY], date(2026, 8, 3)),
        ([down("", "2026-03-01T00:00:00", "2026-03-06T00:00:00", "g")], date(2026, 8, 6)),
        (
            [down(door, "2026-03-01T00:00:00", "2026-03-04T00:00:00") for door in EVERY[:2]]
            + [down(EVERY[2], "2026-03-03T00:00:00", "2026-03-06T00:00:00")],
            date(2026, 8, 2),
        ),
    ],
)
def test_days_on_which_no_reader_worked_move_the_term(outages: list[Row], term: date) -> None:
    gateways = [{"gateway": "g", "doors": "gate;b-door;h1-door;h2-door"}]
    made = stream(daily(date(2026, 1, 1), date(2026, 1, 31)), outages=outages, gateways=gateways)
    assert idle(made) == (term,)


def test_a_door_that_no_gateway_serves_saw_nothing_anyway() -> None:
    outages = [down(door, "2026-03-01T00:00:00", "2026-03-06T00:00:00") for door in EVERY[:2]]
    gateways = [{"gateway": "g", "doors": "gate;b-door"}]
    made = stream(daily(date(2026, 1, 1), date(2026, 1, 31)), outages=outages, gateways=gateways)
    assert idle(made) == (date(2026, 8, 6),)


def test_more_than_a_tenth_unknown_suspects_nobody_until_it_is_less() -> None:
    outages = [down(door, "2026-03-01T00:00:00", "2026-03-25T00:00:00") for door in EVERY]
    made = stream(daily(date(2026, 1, 1), date(2026, 1, 31)), outages=outages)
    assert idle(made) == (date(2026, 2, 1) + 240 * DAY,)  # 24 days of 240: a tenth and not more


@pytest.mark.parametrize(("outcome", "term"), [("household_met", date(2026, 9, 11)), ("nobody", date(2026, 8, 1))])
def test_a_visit_that_met_the_household_is_an_entry(outcome: str, term: date) -> None:
    visits = [{"home": "h1", "at": at(date(2026, 3, 10), 23).isoformat(), "outcome": outcome}]
    assert idle(stream(daily(date(2026, 1, 1), date(2026, 1, 31)), visits=visits)) == (term,)


@pytest.mark.parametrize(
    ("leases", "state", "due"),
    [
        (lease(), "repair", ()),
        (lease(start="2026-05-01"), "let", (date(2026, 11, 1),)),
        (lease(end="2026-06-30"), "let", ()),
        (lease(end="2026-06-30", relocation_until="2026-08-15"), "let", ()),
        (lease(ended="2026-06-15"), "let", ()),
    ],
)
def test_only_let_homes_with_a_right_are_idle(leases: list[Row], state: str, due: tuple[date, ...]) -> None:
    homes = [{**HOMES[0], "state": state}, HOMES[1]]
    made = stream([passage(date(2026, 1, 1), "p2")], leases=leases, homes=homes)
    assert idle(made) == due


def test_overdue_from_the_first_sign_after_the_last_day_of_right() -> None:
    end = {"end": "2026-04-30"}
    lived = daily(date(2026, 1, 1), date(2026, 4, 30))
    assert overdue(stream(lived, leases=lease(**end))) == ()
    out = passage(date(2026, 5, 4), direction="out")  # going out is a sign of having been in
    assert overdue(stream([*lived, out], leases=lease(**end))) == (date(2026, 5, 4),)
    on = [*lived, *daily(date(2026, 5, 1), date(2026, 6, 30))]
    assert overdue(stream(on, leases=lease(**end))) == (date(2026, 5, 1),)
    assert overdue(stream(on, leases=lease(**end, relocation_until="2026-05-31"))) == (date(2026, 6, 1),)
    assert overdue(stream(on, leases=lease(**end, ended="2026-05-20"))) == (date(2026, 5, 1),)
    assert overdue(stream(on, leases=lease(end="2026-12-31", ended="2026-05-20"))) == (date(2026, 5, 21),)
    assert overdue(stream(on, leases=lease(**end, renewal_applied="2026-01-20"))) == ()
    assert overdue(stream(on, leases=lease(**end, renewal_applied="2025-04-29"))) == (date(2026, 5, 1),)
    assert overdue(stream(on, leases=lease(**end, renewal_applied="2026-05-10"))) == (date(2026, 5, 1),)
    moving = lease(end="2026-12-31", ended="2026-04-30", relocation_until="2026-05-31")
    assert overdue(stream(on, leases=moving)) == (date(2026, 6, 1),)  # terminated, with weeks to move
    refused = lease(**end, renewal_applied="2026-01-20", relocation_until="2026-05-31")
    assert overdue(stream(on, leases=refused)) == (date(2026, 6, 1),)


def test_a_new_lease_ends_what_the_old_one_began() -> None:
    again = [*lease(end="2026-04-30"), {**LEASES[0], "lease": "l3", "start": "2026-05-01", "end": "2026-09-30"}]
    seen = [*daily(date(2026, 1, 1), date(2026, 6, 30)), passage(date(2026, 11, 2))]
    assert overdue(stream(seen, leases=again)) == (date(2026, 11, 2),)


def test_a_neighbour_or_a_guest_is_no_sign() -> None:
    seen = [passage(date(2026, 5, 3), "p2"), passage(date(2026, 5, 3), None, **{"pass": "v", "modality": "pass"})]
    assert overdue(stream(seen, leases=lease(end="2026-04-30"))) == ()


def test_the_order_and_repetition_of_sightings_change_nothing() -> None:
    seen = daily(date(2026, 1, 1), date(2026, 1, 31)) + daily(date(2026, 3, 1), date(2026, 3, 3), "p2")
    once, twice = stream(seen), stream([*seen[::-1], *seen])
    assert due_evenings(once) == due_evenings(twice)


def test_a_visit_that_met_them_after_the_end_is_a_sign() -> None:
    visits = [{"home": "h1", "at": at(date(2026, 5, 9), 0).isoformat(), "outcome": "household_met"}]
    seen = [passage(date(2026, 1, 1), "p2")]
    assert overdue(stream(seen, leases=lease(end="2026-04-30"), visits=visits)) == (date(2026, 5, 9),)
    other = [{**visits[0], "outcome": "other_met"}]
    assert overdue(stream(seen, leases=lease(end="2026-04-30"), visits=other)) == ()


@pytest.mark.parametrize(
    ("tenant", "begins", "term"),
    [
        ("p1", "2026-03-01", date(2026, 8, 1)),
        ("p3", "2026-03-01", date(2026, 9, 1)),
        ("p1", "2026-03-02", date(2026, 9, 2)),
    ],
)
def test_a_renewal_begins_no_new_run_but_a_new_tenancy_does(tenant: str, begins: str, term: date) -> None:
    again = {**LEASES[0], "lease": "l3", "tenant": tenant, "start": begins}
    made = stream(daily(date(2026, 1, 1), date(2026, 1, 31)), leases=[*lease(end="2026-02-28"), again])
    assert idle(made) == (term,)


def test_nobody_is_idle_before_moving_in() -> None:
    people = [PEOPLE[1], {**PEOPLE[0], "from": "2026-03-01"}]
    assert idle(stream([passage(date(2026, 1, 1), "p2")], people=people)) == (date(2026, 9, 1),)


PASSES: list[Row] = [{"pass": "v", "home": "h1"}]
VEHICLES: list[Row] = [{"plate": "A1", "person": "p1", "home": ""}]


@pytest.mark.parametrize(
    ("values", "lives"),
    [
        ({"direction": "out"}, True),
        ({"person": None, "pass": "v", "modality": "pass"}, True),
        ({"person": None, "plate": "A1", "modality": "plate"}, True),
        ({"person": None, "home": "h1", "modality": "intercom"}, True),
        ({"person": None, "door": "h1-door", "outcome": "unrecognised"}, True),
        ({"outcome": "mismatch", "modality": "card", "home": "h1", "seen": "p2"}, True),
        ({"person": None, "door": "gate", "outcome": "unrecognised"}, False),
        ({"person": None, "door": "h2-door", "outcome": "unrecognised"}, False),
        ({"person": None, "pass": "v", "modality": "pass", "outcome": "denied"}, False),
        ({"person": None, "pass": "v", "modality": "pass", "direction": "out"}, False),
    ],
)
def test_who_shows_life_every_ten_days_is_not_idle(values: dict[str, object], lives: bool) -> None:
    first = date(2026, 1, 1)
    seen = [passage(first, "p2"), *(passage(first + n * 10 * DAY, **values) for n in range(24))]  # type: ignore[arg-type]
    made = stream(seen, days=240, passes=PASSES, vehicles=VEHICLES)
    assert idle(made) == (() if lives else (date(2026, 7, 1),))


def test_when_life_fades_the_suspicion_is_due() -> None:
    first = date(2026, 1, 1)
    seen = [passage(first + n * 7 * DAY, direction="out") for n in range(23)]  # the last on 4 June
    # Until 22 July seven of the last 13 weeks show life, the first of them by 23 April; from the 23rd on six.
    assert idle(stream(seen, days=300)) == (date(2026, 7, 23),)


def test_meters_show_life() -> None:
    read = [
        {"home": "h1", "date": (date(2026, 1, 1) + n * DAY).isoformat(), "electricity_kwh": "0.9", "water_m3": "0.03"}
        for n in range(240)
    ]
    seen = [passage(date(2026, 1, 1), "p2")]
    assert idle(stream(seen, days=240, meters=read)) == ()
    for water, power, lives in (("", "0.9", False), ("", "2.0", True), ("0", "2.49", False)):  # a boiler left on
        other = [{**row, "water_m3": water, "electricity_kwh": power} for row in read]
        assert idle(stream(seen, days=240, meters=other)) == (() if lives else (date(2026, 7, 1),))


@pytest.mark.parametrize(
    ("until", "values", "due"),
    [
        ("2026-05-01", {}, (date(2026, 5, 1),)),
        ("2026-04-30", {}, (date(2026, 5, 1),)),
        ("2026-04-15", {}, ()),  # left before the end: whoever passes now is no member
        ("2026-05-01", {"ended": "2026-04-30"}, ()),  # given back
        ("2026-06-01", {"relocation_until": "2026-05-31"}, (date(2026, 6, 1),)),
    ],
)
def test_a_lease_that_runs_out_moves_nobody_out(until: str, values: dict[str, str], due: tuple[date, ...]) -> None:
    people = [{**PEOPLE[0], "until": until}, PEOPLE[1]]
    made = stream(daily(date(2026, 1, 1), date(2026, 6, 30)), people=people, leases=lease(end="2026-04-30", **values))
    assert overdue(made) == due


def test_who_moved_elsewhere_did_not_stay() -> None:
    people = [{**PEOPLE[0], "until": "2026-05-01"}, {**PEOPLE[0], "home": "h2", "from": "2026-05-01"}, PEOPLE[1]]
    made = stream(daily(date(2026, 1, 1), date(2026, 6, 30)), people=people, leases=lease(end="2026-04-30"))
    assert overdue(made) == ()
