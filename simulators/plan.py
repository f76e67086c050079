"""What simulated devices are to present: rows that can be built again, the same, after any crash."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from gateway.devices.base import Presented
from simulators.tables import Ints


class Plan(Protocol):
    """A run's presentations by row, 0 to n - 1.

    Attributes:
        gateways: Their ids.
        gateway: (n,) the gateway each row goes to.
        due_us: (n,) microseconds after the run's start, ascending; all 0: as fast as they are taken.
        devices: By gateway, who hangs on it.
    """

    gateways: Sequence[str]
    gateway: Ints
    due_us: Ints
    devices: Sequence[list[str]]

    def device(self, row: int) -> str:
        """The device of a row."""
        ...

    def build(self, rows: Sequence[int], run: str, at_us: Sequence[int], now_us: int) -> list[Presented]:
        """The events of `rows`, presented at `at_us` and handed over now; the same content whenever it is asked."""
        ...


LATE_US = 5_000_000  # older than this when it is handed over: nobody waits at the door any more


def event_id(run: str, row: int) -> str:
    """The device's serial of a row: unique for ever, the row can be read back."""
    return f"{run}-{row}"


def row_of(event: str) -> int:
    """The row behind a serial; raises ValueError for one that is not ours."""
    return int(event.rpartition("-")[2])


def rows_by_gateway(plan: Plan) -> list[Ints]:
    """The rows of each gateway, in order."""
    return [np.flatnonzero(plan.gateway == place) for place in range(len(plan.gateways))]
