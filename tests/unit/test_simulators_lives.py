"""The lives told agree with what is said to be so: every scenario leaves its trace, every look-alike its own."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from core.clock import US_PER_DAY, day_start_us
from housing.leases import add_months
from housing.working_days import HolidaysUnknown
from simulators.lives import Shares, TooShort, make
from simulators.streams import SIGHTINGS, Stream, Truth

START, DAYS, HOMES = date(2025, 6, 1), 365, 320
MANY = Shares(swap=0.04, sublet_room=0.03, idle=0.06, overstay=0.04, keys_kept=0.03, welfare=0.03)
LABELS = {
    "sublet_whole": "sublet", "short_let": "sublet", "slow_drift": "sublet", "swap": "swap",
    "sublet_room": "extra_resident", "idle": "vacancy", "overstay": "overdue", "keys_kept": "overdue",
    "welfare": "welfare",
}  # fmt: skip
Bools = NDArray[np.bool_]
Words = NDArray[np.str_]


@dataclass
class Told:
    """A stream with its columns as arrays."""

    stream: Stream

    def __getattr__(self, name: str) -> Words:
        if name not in SIGHTINGS.names:
            raise AttributeError(name)
        found = np.array(self.stream.sightings[name].cast(pa.string()).fill_null("").to_pylist())
        setattr(self, name, found)
        return found

    @cached_property
    def pass_(self) -> Words:
        return np.array(self.stream.sightings["pass"].cast(pa.string()).fill_null("").to_pylist())

    @cached_property
    def at_us(self) -> NDArray[np.int64]:
        found: NDArray[np.int64] = self.stream.sightings["at"].cast(pa.int64()).to_numpy()
        return found

    @cached_property
    def day(self) -> NDArray[np.int64]:
        return (self.at_us - day_start_us(self.stream.start)) // US_PER_DAY

    @cached_property
    def hour(self) -> NDArray[np.float64]:
        return (self.at_us - day_start_us(self.stream.start)) % US_PER_DAY / 3.6e9

    @cached_property
    def living(self) -> Words:
        """The home in which the person identified is registered; a plate identifies nobody."""
        people = rows(self.stream, "people")
        home = {row["person"]: row["home"] for row in people} | {"": ""}
        persons, place = np.unique(self.person, return_inverse=True)
        return np.where(self.modality == "plate", "", np.array([home[person] for person in persons.tolist()])[place])

    @cached_property
    def body(self) -> Bools:
        """Somebody identified by face or finger."""
        found: Bools = np.isin(self.modality, ("face", "finger")) & (self.outcome == "granted")
        return found

    @cached_property
    def carers(self) -> Bools:
        people = [row["person"] for row in rows(self.stream, "people") if row["relation"] == "carer"]
        return np.isin(self.person, people)

    def about(self, home: str) -> NDArray[np.int64]:
        return np.flatnonzero((self.home == home) | (self.living == home))

    def place(self, day: date) -> int:
        return (day - self.stream.start).days


def rows(stream: Stream, name: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = stream.registry[name].to_pylist()
    return found


@pytest.fixture(scope="module")
def told() -> Told:
    return Told(make(11, HOMES, START, DAYS, prevalence=0.12, shares=MANY))


def played(told: Told, *scenarios: str) -> list[Truth]:
    found = [row for row in told.stream.truth if row.scenario in scenarios]
    assert found, scenarios
    return found


def share(which: Bools, when: Bools, days: float) -> float:
    return float((which & when).sum() / max(days, 1))


def before_and_after(told: Told, row: Truth, which: Callable[[Told], Bools]) -> tuple[float, float]:
    """A day's mean of what `which` picks among the home's sightings, before the label's first day and within it."""
    assert row.since is not None
    since = told.place(row.since)
    until = told.place(row.until) if row.until else DAYS
    about = told.about(row.home)
    picked, day = which(told)[about], told.day[about]
    return share(picked, day < since, since), share(picked, (day >= since) & (day < until), until - since)


def members(told: Told) -> Bools:
    found: Bools = told.body & ~told.carers & (told.direction != "out")
    return found


def others(told: Told) -> Bools:
    stranger = (told.outcome == "unrecognised") & (told.home != "")
    found: Bools = ((told.pass_ != "") | (told.outcome == "mismatch") | stranger) & (told.direction != "out")
    return found


def test_sightings_ascend_and_lie_within_the_period(told: Told) -> None:
    table = told.stream.sightings
    assert table.schema.equals(SIGHTINGS)
    assert table["event"].to_pylist() == list(range(1, table.num_rows + 1))
    assert (np.diff(told.at_us) >= 0).all()
    assert (told.day[0], told.day[-1]) == (0, DAYS - 1)
    assert 5 < table.num_rows / (HOMES * DAYS) < 20


def test_whatever_is_named_is_registered(told: Told) -> None:
    for column, file, key in (
        (told.person, "people", "person"), (told.seen, "people", "person"), (told.home, "homes", "home"),
        (told.door, "doors", "door"), (told.pass_, "passes", "pass"),
    ):  # fmt: skip
        assert set(np.unique(column)) - {""} <= {row[key] for row in rows(told.stream, file)}
    assert (told.plate[told.modality == "plate"] != "").mean() == 1
    assert np.isin(told.modality[told.pass_ != ""], "pass").all()


def test_what_a_sighting_may_say(told: Told) -> None:
    assert (told.person[told.outcome == "unrecognised"] == "").all()
    assert (told.person[told.outcome == "ambiguous"] == "").all()
    assert (told.person[told.outcome == "mismatch"] != "").all()
    assert (told.outcome[told.seen != ""] == "mismatch").all()
    assert (told.seen != told.person)[told.seen != ""].all()
    assert (told.home[np.isin(told.modality, ("pass", "intercom", "plate"))] != "").all()
    own = {row["door"]: row["home"] for row in rows(told.stream, "doors") if row["home"]}
    at_home = np.isin(told.door, list(own))
    assert (told.home[at_home] == np.array([own[door] for door in told.door[at_home].tolist()])).all()


def test_every_home_has_a_truth_and_labels_are_those_of_their_scenario(told: Told) -> None:
    assert {row.home for row in told.stream.truth} == {row["home"] for row in rows(told.stream, "homes")}
    for row in told.stream.truth:
        assert row.label == LABELS.get(row.scenario, "")
        if row.label:
            assert row.since is not None
            assert START <= row.since < START + timedelta(days=DAYS)
            assert row.until is None or row.until > row.since
    labelled = Counter(row.home for row in told.stream.truth if row.label not in ("", "vacancy"))
    assert set(labelled.values()) == {1}
    let = sum(row.scenario != "not_let" for row in {row.home: row for row in told.stream.truth}.values())
    sublets = len({row.home for row in told.stream.truth if row.label == "sublet"})
    assert abs(sublets - 0.12 * let) <= 1


def test_in_a_sublet_the_household_fades_and_others_keep_a_rhythm(told: Told) -> None:
    fading, rising = [], []
    for row in played(told, "sublet_whole", "short_let"):
        before, after = before_and_after(told, row, members)
        fading.append(after <= 0.25 * before + 0.1)
        quiet, loud = before_and_after(told, row, others)
        rising.append(loud > quiet + 0.3)
    assert np.mean(fading) > 0.8
    assert np.mean(rising) > 0.8


def test_a_slow_drift_begins_before_its_first_day_and_ends_with_others_there(told: Told) -> None:
    for row in played(told, "slow_drift"):
        before, after = before_and_after(told, row, members)
        assert after <= 0.6 * before + 0.15
        assert before_and_after(told, row, others)[1] > before_and_after(told, row, others)[0]


def test_a_room_sublet_leaves_the_household_where_it_was(told: Told) -> None:
    kept, more = [], []
    for row in played(told, "sublet_room"):
        before, after = before_and_after(told, row, members)
        kept.append(after > 0.6 * before)
        more.append(before_and_after(told, row, others)[1] > before_and_after(told, row, others)[0])
    assert np.mean(kept) > 0.7
    assert np.mean(more) > 0.7


def test_nobody_of_the_household_enters_an_idle_home(told: Told) -> None:
    on_the_eve = []
    for row in played(told, "idle"):
        assert row.since is not None
        since, until = told.place(row.since), told.place(row.until) if row.until else DAYS
        about = told.about(row.home)
        mine = (told.living[about] == row.home) & ~told.carers[about] & (told.outcome[about] == "granted")
        entries = told.day[about][mine & (told.direction[about] == "in")]
        assert not ((entries >= since) & (entries < until)).any()
        on_the_eve.append((entries == since - 1).any())
        assert add_months(row.since, 6) < (row.until or START + timedelta(days=DAYS))
    assert np.mean(on_the_eve) > 0.8  # the others' last entry was not read


def test_nobody_else_stays_unseen_for_half_a_year(told: Told) -> None:
    explained = {"idle", "idle_short", "keys_kept", "move_in", "handed_back", "not_let", *LABELS}
    homes = {row.home for row in told.stream.truth} - {
        row.home for row in told.stream.truth if row.scenario in explained
    }
    seen = (told.living != "") & (told.outcome == "granted") & (told.direction != "out") & ~told.carers
    assert len(homes) > 100
    for home in homes:
        days = np.unique(told.day[seen & (told.living == home)])
        assert np.diff(days, prepend=0, append=DAYS).max() < 120, home


def test_truth_says_nothing_of_a_home_before_it_is_lived_in(told: Told) -> None:
    moved_in = {row.home: row.since for row in played(told, "move_in")}
    left = {row.home: row.since for row in told.stream.truth if row.scenario == "handed_back"}
    for row in told.stream.truth:
        if row.since is not None:
            assert row.since >= (moved_in.get(row.home) or START)
            assert row.since <= (left.get(row.home) or row.since)


def test_an_overstay_goes_on_after_the_term_and_kept_keys_now_and_then(told: Told) -> None:
    terms = {row["home"]: row["relocation_until"] or row["end"] for row in rows(told.stream, "leases")}
    for scenario, low, high in (("overstay", 0.5, 60.0), ("keys_kept", 0.0, 1.5)):
        daily = []
        for row in played(told, scenario):
            assert row.since == date.fromisoformat(terms[row.home]) + timedelta(days=1)
            daily.append(before_and_after(told, row, lambda told: told.living != "")[1])
        assert low < np.mean(daily) < high


def test_silence_is_silence_and_its_person_agreed_to_care(told: Told) -> None:
    cared = {row["person"] for row in rows(told.stream, "consents") if row["purpose"] == "care"}
    people = {row["home"]: row for row in rows(told.stream, "people") if row["relation"] == "tenant"}
    for row in played(told, "welfare"):
        quiet, silence = before_and_after(told, row, lambda told: told.door != "")
        assert quiet > 0.5
        assert silence == 0
        assert people[row.home]["person"] in cared
        assert people[row.home]["lives_alone"] == "1"


def test_in_a_swap_each_lives_at_the_others(told: Told) -> None:
    at_home = {row["door"]: row["home"] for row in rows(told.stream, "doors") if row["home"]}
    swapped = {row.home: row.since for row in played(told, "swap")}
    by_day: dict[date | None, set[str]] = {}
    for home, since in swapped.items():
        by_day.setdefault(since, set()).add(home)
    seen_at = Counter[str]()
    for row in played(told, "swap"):
        assert row.since is not None
        about = told.about(row.home)
        late = told.day[about] >= told.place(row.since)
        seen = told.seen[about][late]
        people = {one["person"]: one["home"] for one in rows(told.stream, "people")}
        hosts = {people[person] for person in seen[seen != ""].tolist()} - {row.home}
        assert hosts <= by_day[row.since]
        seen_at[row.home] += (seen != "").sum()
        own = np.isin(told.door[about], [door for door, home in at_home.items() if home == row.home])
        faces = (told.living[about] == row.home) & told.body[about] & own
        assert (
            share(faces, late, late.sum()) < 0.05 * share(faces, ~late, (~late).sum()) + 0.02
        )  # looks too poor to tell
    assert np.mean([seen_at[home] > 0 for home in swapped]) > 0.6


def test_an_approved_swap_opens_the_others_doors() -> None:
    told = Told(next(s for s in (make(seed, 200, START, 120) for seed in range(20)) if "1" in approved(s)))
    swap = next(row for row in rows(told.stream, "swaps") if row["approved"] == "1")
    at_home = {row["door"]: row["home"] for row in rows(told.stream, "doors") if row["home"]}
    first = told.place(date.fromisoformat(swap["from"]))
    for mine, other in ((swap["home_a"], swap["home_b"]), (swap["home_b"], swap["home_a"])):
        there = (told.living == mine) & (told.day >= first)
        assert not (there & np.isin(told.door, [d for d, h in at_home.items() if h == mine])).any()
        assert not (there & (told.outcome == "denied")).any()
        assert {at_home[door] for door in told.door[there].tolist() if door in at_home} <= {other}


def approved(stream: Stream) -> set[str]:
    return {row["approved"] for row in rows(stream, "swaps")}


def test_newcomers_are_unknown_until_they_are_enrolled(told: Told) -> None:
    leases = {row["home"]: date.fromisoformat(row["start"]) for row in rows(told.stream, "leases")}
    given = {row["person"]: row["given"][:10] for row in rows(told.stream, "consents") if row["purpose"] == "door"}
    lags = []
    for row in played(told, "move_in"):
        assert row.since == leases[row.home]
        about = told.about(row.home)
        assert told.day[about].min(initial=DAYS) >= told.place(row.since)
        for person in np.unique(told.person[about]).tolist():
            looks = told.day[about][(told.person[about] == person) & told.body[about]]
            if person in given and len(looks):
                assert looks.min() >= told.place(date.fromisoformat(given[person]))
                lags.append((date.fromisoformat(given[person]) - row.since).days)
    assert min(lags) > 0
    assert max(lags) > 5


def test_a_noted_outage_is_silent(told: Told) -> None:
    found = rows(told.stream, "outages")
    assert found
    for row in found:
        first, last = (told.place(date.fromisoformat(row[key][:10])) for key in ("from", "until"))
        assert not ((told.door == row["door"]) & (told.day >= first) & (told.day < last)).any()


def test_twins_are_taken_for_each_other(told: Told) -> None:
    people = {row["person"]: row for row in rows(told.stream, "people")}
    pairs = {(person, seen) for person, seen in zip(told.person.tolist(), told.seen.tolist(), strict=True) if seen}
    young = {person for person, row in people.items() if row["relation"] == "child"}
    same = [(a, b) for a, b in pairs if {a, b} <= young and people[a]["home"] == people[b]["home"]]
    assert same
    assert all(people[a]["born"] == people[b]["born"] for a, b in same)


def test_days_look_like_days(told: Told) -> None:
    read_in = told.body & (told.direction == "in")
    assert ((told.hour >= 2) & (told.hour < 5))[read_in].mean() < 0.03
    assert ((told.hour >= 16) & (told.hour < 21))[read_in].mean() > 0.35
    weekday = np.array([(START + timedelta(days=n)).weekday() for n in range(DAYS)])
    evening = (told.hour >= 17) & (told.hour < 20) & read_in
    by_day = np.bincount(told.day[evening], minlength=DAYS)
    assert by_day[weekday < 5].mean() > 1.3 * by_day[weekday == 6].mean()
    feast = told.place(date(2026, 2, 17))
    daily = np.bincount(told.day[read_in], minlength=DAYS)
    assert daily[feast - 2 : feast + 3].mean() < 0.75 * daily[feast - 60 : feast - 30].mean()


def test_night_workers_come_home_in_the_morning(told: Told) -> None:
    nightly = {row.home for row in told.stream.truth if row.household == "night_shift"}
    daily = {row.home for row in told.stream.truth if row.household == "single_worker"}
    morning = (told.hour >= 5) & (told.hour < 10)
    read_in = told.body & (told.direction == "in")
    shares = [morning[read_in & np.isin(told.living, list(homes))].mean() for homes in (nightly, daily)]
    assert shares[0] > 2 * shares[1]


def test_every_door_has_a_way_without_biometrics(told: Told) -> None:
    for row in rows(told.stream, "doors"):
        assert set(row["ways"].split(";")) - {"face", "finger"}


def test_households_differ_in_how_often_they_pass(told: Told) -> None:
    homes = [row.home for row in told.stream.truth if row.household == "family" and row.scenario == "travel"]
    passages = [len(told.about(home)) / DAYS for home in homes]
    assert np.std(passages) > 0.25 * np.mean(passages)


@pytest.mark.parametrize(("days", "homes"), [(29, 10), (60, 0)])
def test_too_little_to_live_in_is_refused(days: int, homes: int) -> None:
    with pytest.raises(TooShort):
        make(1, homes, START, days)


def test_a_year_without_a_calendar_is_refused() -> None:
    with pytest.raises(HolidaysUnknown):
        make(1, 5, date(2090, 1, 1), 60)
