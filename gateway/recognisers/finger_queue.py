"""Finger pictures read off the thread that hears events: a short queue, one worker, and progress for whoever waits."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock
from typing import Protocol

from prometheus_client import Counter, Gauge

from core.errors import AnjuError
from gateway.recognisers.base import FingerFound
from gateway.recognisers.fingers import FingerOutcome
from gateway.recognisers.images import Picture, UnreadableImage

MOST_WAITING = 16  # about ten seconds of work: who waits longer has gone

waiting_gauge = Gauge("anju_finger_pictures_waiting", "Finger pictures being read or waiting for it")
read_total = Counter("anju_finger_pictures_read_total", "Finger pictures read, by what they held", ["outcome"])
refused_total = Counter("anju_finger_pictures_refused_total", "Finger pictures not taken", ["reason"])


class Busy(AnjuError):
    """More fingers wait than can be read while people wait."""

    code = "finger_queue_full"


class Reader(Protocol):
    """What reads a finger; FingerRecogniser is one."""

    def read(self, picture: Picture, *, dpi: int = 500) -> FingerFound | None:
        """The finger of a picture, or None."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A picture handed in.

    Attributes:
        result: the finger, or None where none is seen; carries UnreadableImage.
        ahead: pictures before this one when it was handed in; with `FingerQueue.finished` the progress of a wait.
        number: how many pictures had been handed in before, ever.
    """

    result: Future[FingerFound | None]
    ahead: int
    number: int


class FingerQueue:
    """One worker thread with a reader of its own, made there and then kept. Close it to stop."""

    def __init__(self, open_reader: Callable[[], Reader], *, most: int = MOST_WAITING) -> None:
        self._open, self._most = open_reader, most
        self._reader: Reader | None = None
        self._worker = ThreadPoolExecutor(1, "fingers")
        self._lock = Lock()
        self._taken = self._finished = 0

    @property
    def finished(self) -> int:
        """Pictures done, ever, whatever came of them."""
        return self._finished

    def submit(self, picture: Picture, *, dpi: int = 500) -> Ticket:
        """Hand in a picture; raises Busy where too many wait. The reader's own errors come out of the result."""
        with self._lock:
            ahead = self._taken - self._finished
            if ahead >= self._most:
                refused_total.labels(Busy.code).inc()
                raise Busy(
                    f"有{ahead}枚指纹正在等待识别。",
                    f"{ahead} fingers are waiting to be read.",
                    mend_zh="请稍后再按，或先刷卡。",
                    mend_en="Try again in a moment, or use a card.",
                )
            self._taken += 1
            number = self._taken - 1
        waiting_gauge.inc()
        result = self._worker.submit(self._read, picture, dpi)
        result.add_done_callback(self._done)
        return Ticket(result=result, ahead=ahead, number=number)

    def close(self) -> None:
        """Finish the picture being read, drop those that wait (their results are cancelled), end the thread."""
        self._worker.shutdown(wait=True, cancel_futures=True)

    def _read(self, picture: Picture, dpi: int) -> FingerFound | None:
        self._reader = self._reader or self._open()
        return self._reader.read(picture, dpi=dpi)

    def _done(self, result: Future[FingerFound | None]) -> None:
        with self._lock:
            self._finished += 1
        waiting_gauge.dec()
        if result.cancelled():
            refused_total.labels("closed").inc()
        elif (error := result.exception()) is not None:
            refused_total.labels(error.code if isinstance(error, UnreadableImage) else "error").inc()
        else:
            read_total.labels(FingerOutcome.FOUND if result.result() else FingerOutcome.NO_FINGER).inc()
