"""Device clocks: when an event really happened, whatever its device says."""

from hypothesis import given
from hypothesis import strategies as st

from core.clock import US_PER_DAY, US_PER_SECOND
from gateway.clocks import BACKLOG_US, SAMPLES, STEP_US, TURNS, Basis, DeviceClock, place

S = US_PER_SECOND
NOW = 1_800_000_000 * S
HOURS_8 = 8 * 3600 * S
offsets = st.integers(-400 * US_PER_DAY, 400 * US_PER_DAY)
delays = st.integers(0, 2 * S)


def feed(clock: DeviceClock, offset: int, *, events: int, start: int = NOW, delay: int = 0) -> DeviceClock:
    for number in range(events):
        taken = start + number * S
        clock, _ = place(clock, device_us=taken + offset, handed_us=None, late=False, arrived_us=taken + delay)
    return clock


@given(offsets, st.integers(0, 30 * 86_400), delays)
def test_a_device_that_says_its_clock_is_placed_exactly_on_its_first_event(offset: int, age_s: int, delay: int) -> None:
    taken = NOW - age_s * S
    handed = NOW - delay
    _, placed = place(
        DeviceClock(), device_us=taken + offset, handed_us=handed + offset, late=age_s > 5, arrived_us=NOW
    )
    assert abs(placed.taken_us - min(taken, NOW)) <= delay
    assert placed.offset_us == offset - delay


@given(offsets, st.lists(delays, min_size=1, max_size=SAMPLES))
def test_the_offset_is_the_median_of_live_events(offset: int, lags: list[int]) -> None:
    clock = DeviceClock()
    for number, lag in enumerate(lags):
        at = NOW + number * 10 * S
        clock, placed = place(clock, device_us=at + offset, handed_us=None, late=False, arrived_us=at + lag)
        assert placed.basis is Basis.STEADY
        assert placed.taken_us <= at + lag
    assert clock.offset_us == sorted(offset - lag for lag in lags)[(len(lags) - 1) // 2]


def test_a_clock_hours_off_is_corrected() -> None:
    clock = feed(DeviceClock(), HOURS_8, events=10)
    _, placed = place(clock, device_us=NOW + HOURS_8, handed_us=None, late=False, arrived_us=NOW)
    assert (placed.taken_us, placed.offset_us) == (NOW, HOURS_8)


def test_a_late_event_keeps_its_time_and_teaches_nothing() -> None:
    clock = feed(DeviceClock(), 5 * S, events=10)
    after, placed = place(clock, device_us=NOW - 3600 * S, handed_us=None, late=True, arrived_us=NOW)
    assert after == clock
    assert (placed.taken_us, placed.basis) == (NOW - 3605 * S, Basis.LATE)


def test_a_late_event_of_an_unknown_device_is_taken_at_its_word_and_marked() -> None:
    after, placed = place(DeviceClock(), device_us=NOW - 60 * S, handed_us=None, late=True, arrived_us=NOW)
    assert (placed.taken_us, placed.basis, after) == (NOW - 60 * S, Basis.UNKNOWN, DeviceClock())


def test_an_old_event_that_does_not_say_so_is_late_not_a_clock() -> None:
    clock = feed(DeviceClock(), 0, events=10)
    backlog = [NOW - age * 600 * S for age in range(20, 0, -1)]
    for taken in backlog:
        clock, placed = place(clock, device_us=taken, handed_us=None, late=False, arrived_us=NOW + 20 * S)
        assert (placed.basis, placed.taken_us) == (Basis.LATE, taken)
    assert clock.offset_us == 0


def test_a_clock_set_back_is_believed_after_some_turns() -> None:
    clock = feed(DeviceClock(), 0, events=10)
    bases = []
    for number in range(TURNS + 1):
        at = NOW + 100 * S + number * S
        clock, placed = place(clock, device_us=at - HOURS_8, handed_us=None, late=False, arrived_us=at)
        bases.append(placed.basis)
    assert bases == [Basis.LATE] * (TURNS - 1) + [Basis.STEPPED, Basis.STEADY]
    assert clock.offset_us == -HOURS_8


def test_a_clock_set_forward_is_believed_at_once() -> None:
    clock = feed(DeviceClock(), 0, events=10)
    clock, placed = place(clock, device_us=NOW + HOURS_8, handed_us=None, late=False, arrived_us=NOW)
    assert (placed.basis, placed.taken_us) == (Basis.STEPPED, NOW)
    assert clock.samples == (HOURS_8,)


def test_a_device_that_says_its_clock_may_step_either_way() -> None:
    clock = DeviceClock((0,) * 10)
    for offset in (HOURS_8, -HOURS_8, 0):
        clock, placed = place(clock, device_us=NOW + offset, handed_us=NOW + offset, late=False, arrived_us=NOW)
        assert (placed.basis, placed.taken_us) == (Basis.STEPPED, NOW)


def test_delay_under_a_step_does_not_move_the_clock() -> None:
    clock = DeviceClock((0,) * 10)
    late = STEP_US - S
    clock, placed = place(clock, device_us=NOW, handed_us=NOW, late=False, arrived_us=NOW + late)
    assert (placed.basis, placed.taken_us, clock.offset_us) == (Basis.STEADY, NOW, 0)


@given(offsets, offsets, st.booleans(), st.booleans())
def test_nothing_is_taken_after_it_arrived(device: int, handed: int, says: bool, late: bool) -> None:
    clock = DeviceClock((0,) * 5)
    _, placed = place(
        clock, device_us=NOW + device, handed_us=NOW + handed if says else None, late=late, arrived_us=NOW
    )
    assert placed.taken_us <= NOW
    if placed.clamped:
        assert placed.taken_us == NOW


def test_a_clock_at_1970_with_a_backlog_is_not_believed() -> None:
    _, placed = place(DeviceClock(), device_us=12 * S, handed_us=None, late=True, arrived_us=NOW)
    assert placed.too_old(NOW)
    _, recent = place(DeviceClock(), device_us=NOW - BACKLOG_US, handed_us=None, late=True, arrived_us=NOW)
    assert not recent.too_old(NOW)
