"""Simulated devices: they present a plan's events to the gateways and keep their own ledger of what became of them.

A device keeps an event until its gateway says that it is stored, and offers it again under the same serial after every
broken connection, also after a restart of its own: what was presented and not stored is read back from the ledger.
While its gateway is away a device goes on with its plan from a backlog (events that wait longer are handed over as
late), unless the plan has no times: then events are presented as fast as the gateway takes them.
"""

import selectors
from collections import OrderedDict, deque
from collections.abc import Callable
from pathlib import Path

import structlog

from core.clock import Clock, SystemClock, to_us
from gateway.devices.base import DoorMove, Refused, Stored
from gateway.devices.link.frames import Down
from simulators.ledger import Ledger, Tally, read
from simulators.link import Link
from simulators.plan import Plan, event_id, row_of, rows_by_gateway

log = structlog.get_logger(__name__)
WINDOW = 128  # events of a gateway on their way at once
BATCH = 64  # events a frame
PATIENCE_S = 6.0  # longer than a decision lives: a door that has not spoken by then will not
AGAIN_S = 0.5  # after a gateway said "not now"
_BEAT_S = 0.05


class Post:
    """The devices of one gateway: what they still have to present, and what waits for an answer."""

    def __init__(self, link: Link, rows: deque[int], timed: bool) -> None:
        self.link = link
        self.rows = rows  # not yet presented
        self.timed = timed
        self.open: OrderedDict[int, int] = OrderedDict()  # row to when it was presented, until stored
        self.unsent: deque[int] = deque()  # rows of `open` to be handed over (again)
        self.again: deque[tuple[float, int]] = deque()  # when to offer a row again
        self.told: set[int] = set()  # rows whose door spoke before they were acknowledged
        self.untold: OrderedDict[int, float] = OrderedDict()  # stored, and since when their door has not spoken

    def reconnected(self) -> None:
        """Whatever has no answer goes out again, in order."""
        self.again.clear()
        self.unsent = deque(self.open)

    def may_take(self, monotonic: float) -> int:
        """How many more events may be handed over now; without times, people wait for the door before they move on."""
        if not self.link.connected:
            return 0
        under_way = len(self.open) - len(self.unsent) - len(self.again)
        while self.untold and monotonic - next(iter(self.untold.values())) > PATIENCE_S:
            self.untold.popitem(last=False)
        return WINDOW - under_way - (0 if self.timed else len(self.untold))


class Fleet:
    """All simulated devices of a run.

    Args:
        plan: What they present.
        var: The installation's directory: gateways' folders are `gateways/<id>` in it.
        ledger: The ledger's file; one that exists is gone on with.
        run: The run's id, letters and digits.
        clock: The devices' clock.
    """

    def __init__(self, plan: Plan, var: Path, ledger: Path, run: str, clock: Clock | None = None) -> None:
        self._plan = plan
        self._clock = clock or SystemClock()
        before = read(ledger) if ledger.exists() else None
        self.run_id = before.run if before else run
        self.start_us = before.start_us if before else to_us(self._clock.now())
        self._prefix = f"{self.run_id}-"
        self._ledger = Ledger(ledger, self.run_id, self.start_us)
        timed = bool(len(plan.due_us)) and bool(plan.due_us[-1] > 0)
        self._due: list[int] = plan.due_us.tolist()
        self.posts = [
            Post(Link(var / "gateways" / name, devices), deque(rows.tolist()), timed)
            for name, devices, rows in zip(plan.gateways, plan.devices, rows_by_gateway(plan), strict=True)
        ]
        if before is not None:
            self._take_up(before)
        self.presenting = True
        self._selector = selectors.DefaultSelector()
        self._watched: dict[Link, tuple[int, int]] = {}  # file number and connection

    def _take_up(self, before: Tally) -> None:
        """Go on where an earlier process of the same run stopped."""
        done = {row_of(event): entry for (_, event), entry in before.entries.items()}
        for post in self.posts:
            mine = [row for row in post.rows if row in done]
            post.rows = deque(row for row in post.rows if row not in done)
            waiting = [row for row in mine if not done[row].stored and not done[row].refused]
            post.open = OrderedDict((row, done[row].presented_us) for row in waiting)

    @property
    def idle(self) -> bool:
        """Everything presented has its answer, and nothing more is to come."""
        return not any(post.open or (post.rows and self.presenting) for post in self.posts)

    @property
    def untold(self) -> int:
        """Stored events whose door may still speak."""
        return sum(len(post.untold) for post in self.posts)

    def run(self, until: Callable[[], bool]) -> None:
        """Work until `until` says so; may be called again."""
        while not until():
            self.step(_BEAT_S)
        self._ledger.flush()

    def step(self, wait_s: float) -> None:
        """One round: connect, present what is due, take what the gateways say within `wait_s`."""
        monotonic = self._clock.monotonic()
        for post in self.posts:
            if post.link.connect(monotonic):
                post.reconnected()
            self._present(post, monotonic)
            self._hand_over(post, monotonic)
        self._watch()
        for key, mask in self._selector.select(self._patience(wait_s)):
            post = key.data
            if mask & selectors.EVENT_WRITE:
                post.link.push()
            if mask & selectors.EVENT_READ:
                self._hear(post, post.link.pull())
        self._ledger.flush(self._clock.monotonic())

    def _patience(self, wait_s: float) -> float:
        """No longer than until the next event is due."""
        if not self.presenting:
            return wait_s
        soonest = min((self._due[post.rows[0]] for post in self.posts if post.rows and post.timed), default=None)
        if soonest is None:
            return wait_s
        left_s = (self.start_us + soonest - to_us(self._clock.now())) / 1e6
        return min(wait_s, max(0.0, left_s))

    def _present(self, post: Post, monotonic: float) -> None:
        """Take what is due (or what the gateway has room for) from the plan into the ledger."""
        if not self.presenting or not post.rows:
            return
        now_us = to_us(self._clock.now())
        taken: list[int] = []
        room = len(post.rows) if post.timed else post.may_take(monotonic)
        while post.rows and len(taken) < room and self.start_us + self._due[post.rows[0]] <= now_us:
            taken.append(post.rows.popleft())
        if taken:
            at_us = [self.start_us + self._due[row] if post.timed else now_us for row in taken]
            keys = [(self._plan.device(row), event_id(self.run_id, row)) for row in taken]
            self._ledger.presented(keys, at_us)
            post.open.update(zip(taken, at_us, strict=True))
            post.unsent.extend(taken)

    def _hand_over(self, post: Post, monotonic: float) -> None:
        while post.again and post.again[0][0] <= monotonic:
            post.unsent.appendleft(post.again.popleft()[1])
        while post.unsent and (room := post.may_take(monotonic)) > 0:
            rows = [post.unsent.popleft() for _ in range(min(BATCH, room, len(post.unsent)))]
            at_us = [post.open[row] for row in rows]
            self._ledger.flush()
            post.link.send(self._plan.build(rows, self.run_id, at_us, to_us(self._clock.now())))

    def _watch(self) -> None:
        """Keep the selector in step with the links."""
        for post in self.posts:
            link = post.link
            current = (link.fileno(), link.connections) if link.connected else None
            known = self._watched.get(link)
            if known is not None and known != current:
                self._selector.unregister(known[0])
                del self._watched[link]
            if current is None:
                continue
            wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if link.unsent else 0)
            if known != current:
                self._selector.register(current[0], wanted, post)
                self._watched[link] = current
            elif self._selector.get_key(current[0]).events != wanted:
                self._selector.modify(current[0], wanted, post)

    def _hear(self, post: Post, messages: list[Down]) -> None:
        for message in messages:
            if isinstance(message, Stored):
                self._ledger.stored(message.device, message.device_event)
                self._settle(post, message.device_event, told=False)
            elif isinstance(message, Refused):
                self._refused(post, message)
            else:
                self._moved(post, message)

    def _refused(self, post: Post, answer: Refused) -> None:
        if answer.again and self._is_open(post, answer.device_event):
            post.again.append((self._clock.monotonic() + AGAIN_S, row_of(answer.device_event)))
            return
        self._ledger.refused(answer.device, answer.device_event, answer.reason)
        self._settle(post, answer.device_event, told=True)
        log.warning("event_refused", device=answer.device, event=answer.device_event, reason=answer.reason)

    def _moved(self, post: Post, move: DoorMove) -> None:
        now_us = to_us(self._clock.now())
        self._ledger.moved(move.device, move.device_event, move.door, move.opened, move.reason, now_us)
        if self._is_open(post, move.device_event):
            post.told.add(row_of(move.device_event))
        elif move.device_event.startswith(self._prefix):
            post.untold.pop(row_of(move.device_event), None)

    def _is_open(self, post: Post, event: str) -> bool:
        return event.startswith(self._prefix) and row_of(event) in post.open

    def _settle(self, post: Post, event: str, *, told: bool) -> None:
        if not self._is_open(post, event):
            return
        row = row_of(event)
        del post.open[row]
        if row in post.told:
            post.told.discard(row)
        elif not told:
            post.untold[row] = self._clock.monotonic()

    def abandon(self) -> None:
        """Let everything go as a kill does: nothing is written, nobody is told (for trials of faults)."""
        for post in self.posts:
            post.link.drop()
        self._selector.close()
        self._ledger.abandon()

    def close(self) -> None:
        """Leave the gateways and finish the ledger."""
        for post in self.posts:
            post.link.drop()
        self._selector.close()
        self._ledger.close()
