"""Device clocks: how far each is off, and when an event really happened. Pure.

Devices keep bad time: set to another zone, drifting, back in 1970 after a flat battery. The gateway's clock is kept by
the network, so a device's time is corrected by its measured offset (device clock minus gateway clock) and both the
device's own word and the offset travel with the capture.

A sample of the offset is the device's clock at hand-over minus the gateway's at arrival. Where the device does not say
its clock, the time of a live event stands for it. A sample errs only by delay on the way, to the low side; the median
of the last SAMPLES forgives single delays. An event's offset is then, by the first line that applies:

    steady     the clock agrees with its median within STEP: the median
    stepped    the device's own clock says otherwise by more than STEP (set anew, battery): that word, and a fresh start
    late       no clock was said and the event looks older than STEP, or says it is late: its age is believed and the
               median used. So looks a clock that was set back, too: after TURNS such events in a row that agree with
               each other, it is a step
    unknown    a late event of a device that nothing is known of: offset 0, and marked

Then the time is clamped: an event cannot have been taken after it arrived (it is taken at arrival), and one that would
lie more than BACKLOG before it came from a clock that cannot be trusted at all: it is refused in words, because a
wrong day is evidence against somebody.
"""

from enum import StrEnum
from statistics import median_low

import msgspec

from core.clock import US_PER_DAY, US_PER_SECOND

SAMPLES = 31
TURNS = 5
STEP_US = 60 * US_PER_SECOND  # far above any delay a live connection survives, far below a wrong zone
AGREE_US = 5 * US_PER_SECOND
BACKLOG_US = 35 * US_PER_DAY  # a month of offline events and a little


class Basis(StrEnum):
    """What an event's offset rests on; also a counter's label."""

    STEADY = "steady"
    STEPPED = "stepped"
    LATE = "late"
    UNKNOWN = "unknown"


class DeviceClock(msgspec.Struct, frozen=True):
    """What is known of one device's clock: the last offsets, and those that disagreed with them, in µs, in order."""

    samples: tuple[int, ...] = ()
    strays: tuple[int, ...] = ()

    @property
    def offset_us(self) -> int:
        """The median offset, device minus gateway; 0 where nothing is known."""
        return median_low(self.samples) if self.samples else 0


class Placed(msgspec.Struct, frozen=True):
    """When an event was taken by the gateway's clock. `clamped`: it claimed to be from the future."""

    taken_us: int
    offset_us: int
    basis: Basis
    clamped: bool

    def too_old(self, arrived_us: int) -> bool:
        """Whether the time is beyond belief."""
        return arrived_us - self.taken_us > BACKLOG_US


def place(
    clock: DeviceClock, *, device_us: int, handed_us: int | None, late: bool, arrived_us: int
) -> tuple[DeviceClock, Placed]:
    """When an event was taken, and what its device's clock is known to be afterwards.

    Args:
        clock: what was known before.
        device_us: the event's time by the device's clock.
        handed_us: the device's clock at hand-over; None where it does not say.
        late: the device says that the event comes from its backlog.
        arrived_us: the gateway's clock at arrival.
    """
    if handed_us is not None:
        clock, basis, offset = _measured(clock, handed_us - arrived_us)
    else:
        clock, basis, offset = _guessed(clock, device_us - arrived_us, late)
    taken = device_us - offset
    return clock, Placed(min(taken, arrived_us), offset, basis, taken > arrived_us + AGREE_US)


def _measured(clock: DeviceClock, sample: int) -> tuple[DeviceClock, Basis, int]:
    """The device told its clock: the sample is sure but for delay."""
    if clock.samples and abs(sample - clock.offset_us) > STEP_US:
        return DeviceClock((sample,)), Basis.STEPPED, sample
    steady = _with(clock, sample)
    return steady, Basis.STEADY, steady.offset_us


def _guessed(clock: DeviceClock, sample: int, late: bool) -> tuple[DeviceClock, Basis, int]:
    """Only the event's time is known: it is the clock if the event is live, and an age if it is not."""
    if late:
        return clock, Basis.LATE if clock.samples else Basis.UNKNOWN, clock.offset_us
    if not clock.samples or abs(sample - clock.offset_us) <= STEP_US:
        steady = _with(clock, sample)
        return steady, Basis.STEADY, steady.offset_us
    if sample > clock.offset_us:  # ahead of the clock as it was: no age explains that
        return DeviceClock((sample,)), Basis.STEPPED, sample
    strays = (*(stray for stray in clock.strays if abs(stray - sample) <= AGREE_US), sample)
    if len(strays) >= TURNS:
        return DeviceClock(strays), Basis.STEPPED, median_low(strays)
    return DeviceClock(clock.samples, strays), Basis.LATE, clock.offset_us


def _with(clock: DeviceClock, sample: int) -> DeviceClock:
    return DeviceClock((*clock.samples, sample)[-SAMPLES:])
