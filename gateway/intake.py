"""The sink of all sources: whatever is presented becomes a capture or a refusal, is made safe, and only then goes on.

The order for a batch: who may not speak is refused; device clocks are corrected; doors whose way is out open; contents
become probes; where the server is away the gateway decides; everything is stored in one transaction; whoever waits at a
door begins to wait, and the uplink gets its items. An event stored before is answered as stored and goes no further.
Where nothing can be stored the devices keep their events, and the doors still serve who stands before them.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec
from prometheus_client import Counter

from core.clock import Clock
from core.errors import AnjuError
from core.facts import Capture, Direction
from gateway import captures
from gateway.alone import Alone
from gateway.captures import Made
from gateway.clocks import BACKLOG_US, Placed
from gateway.config import Device
from gateway.contents import Contents
from gateway.devices.base import Answer, DoorMove, Event, Refused, Stored
from gateway.doors import Doors
from gateway.lanes import Fresh
from gateway.outbox import Outbox
from gateway.outbox_file import Filed
from gateway.refusals import InputUnusable
from gateway.timekeeping import Timekeeping, too_old
from gateway.uplink import Uplink
from gateway.waiting import Waiting

_DAYS = BACKLOG_US // (86_400 * 1_000_000)

presented_total = Counter("anju_presented_total", "Captures and refusals stored")
again_total = Counter("anju_presented_again_total", "Events that were stored before")
refused_total = Counter("anju_input_refused_total", "Input that could not become a capture", ["reason"])
deferred_total = Counter("anju_input_deferred_total", "Events left with their devices for now", ["reason"])
unstored_total = Counter("anju_door_acts_unstored_total", "Doors moved about events that could not be stored")


class _Job(msgspec.Struct):
    """One event on its way: `device` None and `error` say that it is refused; `live` that somebody waits."""

    event: Event
    device: Device | None
    error: AnjuError | None = None
    placed: Placed | None = None
    live: bool = False
    let_out_at: datetime | None = None
    made: list[Made] = msgspec.field(default_factory=list)


class Intake:
    """See the module; `present` may be called from several threads.

    Args:
        devices: this gateway's, by id.
        away: whether the server cannot be reached at this moment.
        fire: whether the fire signal is on.
    """

    def __init__(
        self,
        devices: dict[str, Device],
        clock: Clock,
        *,
        contents: Contents,
        timekeeping: Timekeeping,
        outbox: Outbox,
        uplink: Uplink,
        doors: Doors,
        alone: Alone,
        away: Callable[[], bool],
        fire: Callable[[], bool],
    ) -> None:
        self._devices, self._clock, self._contents, self._timekeeping = devices, clock, contents, timekeeping
        self._outbox, self._uplink, self._doors, self._alone = outbox, uplink, doors, alone
        self._away, self._fire = away, fire

    def present(self, batch: Sequence[Event]) -> list[Answer]:
        """See Sink."""
        if not batch:
            return []
        now = self._clock.now()
        jobs = [_checked(event, self._devices.get(event.device)) for event in batch]
        self._place(jobs, now)
        self._let_out(jobs)
        self._make(jobs)
        try:
            self._store(jobs, now)
        except AnjuError as error:
            deferred_total.labels(error.code).inc(len(jobs))
            self._serve_unstored(jobs)
            return [Refused.of(job.event.device, job.event.device_event, error, again=True) for job in jobs]
        return [_answer(job) for job in jobs]

    def _place(self, jobs: Sequence[_Job], now: datetime) -> None:
        """When each was taken, and whether somebody waits at its door."""
        known = [job for job in jobs if job.error is None]
        for job, placed in zip(known, self._timekeeping.place((job.event for job in known), now), strict=True):
            job.placed = placed
            age_s = now.timestamp() - placed.taken_us / 1_000_000
            job.live = not job.event.late and age_s < self._doors.patience_s
            if (day := too_old(placed, now)) is not None:
                job.error = InputUnusable("time_unknown", time=day, days=_DAYS)

    def _let_out(self, jobs: Sequence[_Job]) -> None:
        """The way out needs nothing: no picture, no disk, no server."""
        out = [job for job in jobs if job.live and job.device and _way(job, job.device) is Direction.OUT]
        moves = [_move(job, job.device.door, opened=True, reason="exit") for job in out if job.device]
        for job, at in zip(out, self._doors.let_out(moves), strict=True):
            job.let_out_at = at

    def _make(self, jobs: Sequence[_Job]) -> None:
        """Captures, one for each thing found, or one refusal."""
        asked = [(job, job.device, job.placed) for job in jobs if job.error is None]
        contents = [(job.event.content, device) for job, device, _ in asked if device]
        for (job, device, placed), read in zip(asked, self._contents.read(contents), strict=True):
            if isinstance(read, AnjuError):
                job.error = read
            elif device is not None and placed is not None:
                names = [captures.part_name(job.event.device_event, number) for number in range(1, len(read) + 1)]
                job.made = [
                    Made(job.event, device, name, captures.capture(job.event, device, name, placed, one))
                    for name, one in zip(names, read, strict=True)
                ]
        for job in jobs:
            if job.error is not None:
                job.made = [Made(job.event, job.device, job.event.device_event, job.error)]

    def _store(self, jobs: Sequence[_Job], now: datetime) -> None:
        built = self._clock.monotonic()
        live = [job for job in jobs if job.live and job.error is None]
        if sum(len(job.made) for job in live) > self._doors.room:
            raise InputUnusable("busy")
        if live and self._away():
            self._decide(live)
        made = [(job, one) for job in jobs for one in job.made]
        self._outbox.file([captures.entry(one, now) for _, one in made], lambda filed: self._stored(made, filed, built))

    def _decide(self, live: Sequence[_Job]) -> None:
        """The server is away: decide before storing, so that the capture says what was decided."""
        places = [(job, place) for job in live for place in range(len(job.made))]
        outcomes = [job.made[place].outcome for job, place in places]
        decisions = self._alone.decide([one for one in outcomes if isinstance(one, Capture)], fire=self._fire())
        for (job, place), decision in zip(places, decisions, strict=True):
            job.made[place] = captures.decided(job.made[place], decision)

    def _serve_unstored(self, jobs: Sequence[_Job]) -> None:
        """Nothing could be stored: the devices offer it again, and whoever stands there now is served all the same."""
        live = [job for job in jobs if job.live and job.error is None and job.let_out_at is None]
        if not live:
            return
        self._decide(live)
        moves = []
        for job in live:
            outcomes = [one.outcome for one in job.made]
            decisions = [one.decided for one in outcomes if isinstance(one, Capture) and one.decided]
            if job.device and any(decision.opened for decision in decisions):
                moves.append(_move(job, job.device.door, opened=True, reason=f"alone_{decisions[0].reason}"))
        self._doors.move(moves)
        unstored_total.inc(len(moves))

    def _stored(self, made: Sequence[tuple[_Job, Made]], filed: Sequence[Filed], built: float) -> None:
        """In the outbox's thread, right after the commit: begin to wait, and send."""
        until = built + self._doors.patience_s
        waiting, decided, fresh = [], [], []
        for (job, one), place in zip(made, filed, strict=True):
            if not place.fresh:
                continue
            outcome = one.outcome
            lives = not isinstance(outcome, Capture) or (job.live and outcome.decided is None)
            fresh.append(Fresh(place.seq, place.body, until if lives else 0.0))
            if isinstance(outcome, Capture) and job.live:
                one_waiting = Waiting(place.seq, outcome, built, until, job.let_out_at)
                if outcome.decided is None:
                    waiting.append(one_waiting)
                else:
                    decided.append((one_waiting, outcome.decided))
        self._doors.expect(waiting, decided)
        self._uplink.offer(fresh)
        again_total.inc(len(filed) - len(fresh))
        presented_total.inc(len(fresh))


def _checked(event: Event, device: Device | None) -> _Job:
    if device is None:
        return _Job(event, None, InputUnusable("unknown_device", device=event.device))
    if event.door not in ("", device.door):
        return _Job(event, device, InputUnusable("wrong_door", device=event.device, door=event.door))
    return _Job(event, device)


def _way(job: _Job, device: Device) -> Direction:
    return captures.direction(job.event, device)


def _move(job: _Job, door: str, *, opened: bool, reason: str) -> DoorMove:
    event = job.event
    return DoorMove(door=door, device=event.device, device_event=event.device_event, opened=opened, reason=reason[:48])


def _answer(job: _Job) -> Answer:
    event = job.event
    if job.error is None:
        return Stored(device=event.device, device_event=event.device_event)
    refused_total.labels(job.error.code).inc()
    return Refused.of(event.device, event.device_event, job.error, again=False)
