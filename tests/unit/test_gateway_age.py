"""The age of the local copy: never younger than it is, whatever the wall clock says."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.clock import US_PER_SECOND, ManualClock
from gateway.age import NEVER_S, CopyAge, Mark, age_since

NOW = datetime(2026, 3, 2, tzinfo=UTC)
ages = st.floats(0, 1e7)


@given(ages, ages, st.integers(-(10**12), 10**12))
def test_within_a_boot_only_the_monotonic_clock_counts(age: float, passed: float, wall: int) -> None:
    mark = Mark(age, 100.0, 0, "boot-1")
    assert age_since(mark, monotonic_s=100.0 + passed, wall_us=wall, boot="boot-1") >= age
    assert age_since(mark, monotonic_s=100.0 + passed, wall_us=wall, boot="boot-1") <= age + passed + 1e-6


@given(ages, st.integers(-(10**12), 10**12))
def test_after_a_reboot_the_wall_clock_adds_and_never_takes(age: float, wall: int) -> None:
    mark = Mark(age, 100.0, 0, "boot-1")
    now = age_since(mark, monotonic_s=5.0, wall_us=wall, boot="boot-2")
    assert now == age + max(0.0, wall / US_PER_SECOND)


def test_a_system_without_a_boot_id_counts_as_rebooted() -> None:
    assert age_since(Mark(7.0, 100.0, 0, ""), monotonic_s=200.0, wall_us=0, boot="") == 7.0


def test_the_age_runs_and_is_confirmed() -> None:
    clock = ManualClock(NOW)
    age = CopyAge(None, clock, "boot-1")
    assert age.seconds(clock) == NEVER_S
    age.confirm(clock)
    clock.advance(timedelta(hours=2))
    assert age.seconds(clock) == 7200.0
    again = CopyAge(age.mark(clock), clock, "boot-1")
    clock.advance(timedelta(hours=1))
    assert again.seconds(clock) == 10800.0
