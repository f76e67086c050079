"""The life of a child process as a table.

A child waits for those it needs, is launched, answers its probe and serves. If it exits, at whatever moment, it backs
off and is launched again, for ever: nobody stands beside a machine in a plant room. A child that gives no answer at all
is killed by the launcher and goes the same way; one that answers "not yet" is left to wait. Once a stop is asked for, a
child that runs is stopping until it exits; one that does not run is stopped at once. From stopped there is no way on: a
new start is a new launcher.
"""

from dataclasses import dataclass, replace
from enum import StrEnum


class State(StrEnum):
    """Where a child is in its life."""

    WAITING = "waiting"
    STARTING = "starting"
    SERVING = "serving"
    BACKING_OFF = "backing_off"
    STOPPING = "stopping"
    STOPPED = "stopped"


class Event(StrEnum):
    """What happens to a child."""

    LAUNCHED = "launched"
    ANSWERED = "answered"
    EXITED = "exited"
    STOP_ASKED = "stop_asked"


TRANSITIONS: dict[tuple[State, Event], State] = {
    (State.WAITING, Event.LAUNCHED): State.STARTING,
    (State.WAITING, Event.STOP_ASKED): State.STOPPED,
    (State.STARTING, Event.ANSWERED): State.SERVING,
    (State.STARTING, Event.EXITED): State.BACKING_OFF,
    (State.STARTING, Event.STOP_ASKED): State.STOPPING,
    (State.SERVING, Event.EXITED): State.BACKING_OFF,
    (State.SERVING, Event.STOP_ASKED): State.STOPPING,
    (State.BACKING_OFF, Event.LAUNCHED): State.STARTING,
    (State.BACKING_OFF, Event.STOP_ASKED): State.STOPPED,
    (State.STOPPING, Event.EXITED): State.STOPPED,
}


class IllegalTransition(Exception):
    """An event that cannot happen in a state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LastExit:
    """How a child ended last: its exit code, or the signal that killed it, when, and its last line of output."""

    at: str
    code: int | None
    signal: str | None
    line: str

    def __str__(self) -> str:
        how = f"signal {self.signal}" if self.signal else f"exit code {self.code}"
        return f"{how}: {self.line}" if self.line else how


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A child as the state file and the screen show it; times are RFC 3339 in UTC.

    `restarts` counts every launch after the first; `failures` those in a row, until it has served for a while;
    `crash_loop` says that they are too many; `waiting_for` is the last answer of a probe that did not say yes.
    """

    name: str
    state: State = State.WAITING
    pid: int | None = None
    launched: str | None = None
    restarts: int = 0
    failures: int = 0
    crash_loop: bool = False
    waiting_for: str = ""
    last_exit: LastExit | None = None


def step(status: Status, event: Event) -> Status:
    """The status after `event`; raises IllegalTransition where the table has no such step."""
    try:
        state = TRANSITIONS[status.state, event]
    except KeyError:
        raise IllegalTransition(f"{status.name}: {event} while {status.state}") from None
    restarts = status.restarts + (event is Event.LAUNCHED and status.state is State.BACKING_OFF)
    pid = None if event is Event.EXITED else status.pid
    waiting_for = "" if event is Event.ANSWERED else status.waiting_for
    return replace(status, state=state, restarts=restarts, pid=pid, waiting_for=waiting_for)
