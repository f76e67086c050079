"""Elsewhere's movement: nobody is at two places, duties are kept, outings begin while people are awake."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.elsewhere.cast import Body, Job, Stay, embody
from simulators.elsewhere.movement import Passages, _awake_after, walk
from simulators.elsewhere.rosters import duties
from simulators.elsewhere.stage import pieces
from simulators.elsewhere.year import DAY, Year, year_of

YEAR = year_of(date(2026, 1, 1), 200)
EACH = 40


def crowd(job: Job, count: int = EACH, age: int = 40) -> list[Body]:
    rng = np.random.default_rng(int(job))
    return [embody(rng, row, job, age) for row in range(count)]


def live(bodies: list[Body], stays: list[Stay] | None = None, seed: int = 3) -> tuple[Passages, np.ndarray]:
    rng = np.random.default_rng(seed)
    leaves, lasts = duties(rng, bodies, YEAR)
    stays = stays or [Stay(body.row, 0, 0.0, YEAR.hours + DAY) for body in bodies]
    return walk(rng, bodies, stays, leaves, lasts, YEAR.hours), leaves


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 15)), max_size=6), st.integers(0, 10), st.integers(11, 40))
def test_pieces_are_what_no_gap_covers(gaps: list[tuple[int, int]], since: int, until: int) -> None:
    spans = [(float(low), float(low + length)) for low, length in gaps]
    left = pieces(float(since), float(until), spans)
    slow = [hour for hour in range(since, until) if not any(low <= hour < high for low, high in spans)]
    assert [hour for low, high in left for hour in range(int(low), int(high))] == slow


@given(
    st.floats(0, 5000), st.floats(0.001, 400), st.floats(3.5, 11), st.floats(10.5, 18.5)
)  # fmt: skip
def test_waiting_runs_only_while_awake(now: float, wait: float, wakes: float, awake: float) -> None:
    found = float(_awake_after(*(np.array([x]) for x in (now, wait, wakes, awake)))[0])
    grid = np.linspace(now, found, 200_001)
    asleep = (grid - wakes) % DAY >= awake
    waited = (found - now) * (1 - asleep.mean())
    assert found >= now
    assert waited == pytest.approx(wait, abs=0.02 + (found - now) * 1e-3)
    assert (found - wakes) % DAY <= awake + 1e-6 or (found - wakes) % DAY > DAY - 1e-6


@pytest.mark.parametrize("job", list(Job))
def test_ways_in_and_out_take_turns_within_a_stay(job: Job) -> None:
    bodies = crowd(job)
    stays = [Stay(body.row, 0, 30.0 * part, 30.0 * part + 400) for body in bodies for part in range(2)]
    passages, _ = live(bodies, stays)
    order = np.lexsort((passages.hour, passages.stay))
    stay, hour, inward = passages.stay[order], passages.hour[order], passages.inward[order]
    same = stay[1:] == stay[:-1]
    assert (inward[1:] != inward[:-1])[same].all()
    since, until = (np.array([getattr(s, name) for s in stays])[stay] for name in ("since", "until"))
    assert ((hour >= since) & (hour <= until)).all()
    first = np.flatnonzero(np.append(True, ~same))
    assert (inward[first] == (since[first] > 0)).all()  # a stay begins with coming, unless it is under way
    last = np.flatnonzero(np.append(~same, True))
    assert not inward[last].any()  # and ends with leaving


def test_a_quiet_stay_ends_with_nobody_leaving() -> None:
    bodies = crowd(Job.NONE)
    passages, _ = live(bodies, [Stay(body.row, 0, 0.0, 1000.0, quiet=True) for body in bodies])
    last = np.flatnonzero(np.append(passages.stay[1:] != passages.stay[:-1], True))
    assert len(last) == EACH
    assert passages.inward[last].all()


@pytest.mark.parametrize(
    "job", [Job.OFFICE, Job.SIX_DAYS, Job.BIG_SMALL, Job.FOUR_TWO, Job.GUARD, Job.NIGHT, Job.VENDOR, Job.DORM]
)
def test_people_are_out_when_they_have_to_be(job: Job) -> None:
    bodies = crowd(job)
    passages, leaves = live(bodies)
    out = np.zeros((EACH, int(YEAR.hours * 4) + 1), np.bool_)
    for row in range(EACH):
        mine = passages.stay == row
        hour, inward = passages.hour[mine], passages.inward[mine]
        for begin, end in zip(hour[~inward], np.append(hour[inward], YEAR.hours), strict=False):
            out[row, int(begin * 4) + 1 : int(end * 4)] = True
    wanted = np.isfinite(leaves[:, : YEAR.days])
    at = np.minimum(np.where(wanted, leaves[:, : YEAR.days] + 2, 0) * 4, out.shape[1] - 1).astype(np.int64)
    kept = np.take_along_axis(out, np.maximum(at, 0), axis=1)[wanted]
    assert kept.mean() > 0.9


def share_of_days(job: Job, year: Year = YEAR) -> np.ndarray:
    leaves, _ = duties(np.random.default_rng(1), crowd(job, 60), year)
    found: np.ndarray = np.isfinite(leaves[:, : year.days])
    return found


def test_rosters_are_what_they_are_called() -> None:
    works = YEAR.works[: YEAR.days]
    assert not share_of_days(Job.OFFICE)[:, ~works].any()
    assert share_of_days(Job.FOUR_TWO).mean() == pytest.approx(4 / 6, abs=0.03)
    assert share_of_days(Job.GUARD).mean() == pytest.approx(1 / 3, abs=0.03)
    assert share_of_days(Job.SIX_DAYS).mean() > share_of_days(Job.OFFICE).mean() + 0.05
    assert not share_of_days(Job.SCHOOL)[:, ~YEAR.term[: YEAR.days]].any()
    assert not share_of_days(Job.NONE).any()


def test_vendors_leave_at_four_and_factory_hands_come_home_at_weekends() -> None:
    vendors, leaves = live(crowd(Job.VENDOR))
    assert 3.0 < np.median(leaves[np.isfinite(leaves)] % DAY) < 5.0
    assert (((vendors.hour % DAY) < 6) & ~vendors.inward).sum() > 0.7 * EACH * YEAR.days * 0.8
    hands, _ = live(crowd(Job.DORM))
    weekday = YEAR.weekday[(hands.hour[hands.inward] // DAY).astype(np.int64)]
    assert np.isin(weekday, (4, 5, 6)).mean() > 0.7


def test_no_two_people_are_alike() -> None:
    bodies = crowd(Job.NONE, 400)
    passages, _ = live(bodies)
    counts = np.bincount(passages.stay, minlength=400)
    low, high = np.percentile(counts, [5, 95])
    assert high > 3 * low
