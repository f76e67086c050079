"""The devices' own ledger: what they presented, what was acknowledged as stored, what their doors did.

It is the yardstick that everything else is measured with, so it reads no log and no outbox: devices append to it before
they send and when they are answered. One JSON array a line; a torn last line (the process was killed) is cut off at the
next start. A line reaches the operating system before the event is sent, which survives kill -9 of the devices; the
disk is synced in batches.

    ["run", run, start_us]
    ["p", device, device_event, at_us]                         presented
    ["s", device, device_event]                                stored
    ["r", device, device_event, reason]                        refused for good
    ["m", device, device_event, door, opened, reason, at_us]   the door moved, or stayed shut
"""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO

import msgspec

from core.errors import AnjuError

SYNC_EVERY_S = 1.0
Key = tuple[str, str]  # device, device_event

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(list[str | int | bool])


class LedgerDamaged(AnjuError):
    """A ledger with a line in its middle that cannot be read: it proves nothing any more."""

    code = "ledger_damaged"


class Ledger:
    """A ledger that is being written.

    Args:
        path: The file; a new one, or one of the same run to go on with.
        run: The run's id, part of every event's serial.
        start_us: When the run began, kept over restarts of the devices.
    """

    def __init__(self, path: Path, run: str, start_us: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        _cut_torn_line(path)
        self._file: IO[bytes] = path.open("ab", buffering=0)
        self._lines: list[bytes] = []
        self._synced_at = 0.0
        self._unsynced = False
        if path.stat().st_size == 0:
            self._add(["run", run, start_us])
            self.flush()

    def presented(self, keys: Iterable[Key], at_us: Iterable[int]) -> None:
        """Somebody presented something; the caller flushes before it sends."""
        for (device, event), at in zip(keys, at_us, strict=True):
            self._add(["p", device, event, at])

    def stored(self, device: str, event: str) -> None:
        """The gateway has it on its disk."""
        self._add(["s", device, event])

    def refused(self, device: str, event: str, reason: str) -> None:
        """The gateway will never take it."""
        self._add(["r", device, event, reason])

    def moved(self, device: str, event: str, door: str, opened: bool, reason: str, at_us: int) -> None:
        """The door opened, or it was told to stay shut."""
        self._add(["m", device, event, door, opened, reason, at_us])

    def _add(self, row: Sequence[object]) -> None:
        self._lines.append(_encoder.encode(row) + b"\n")

    def flush(self, monotonic: float | None = None) -> None:
        """Hand everything to the operating system; with a time, to the disk as well if that is due."""
        if self._lines:
            _write_all(self._file, b"".join(self._lines))
            self._lines.clear()
            self._unsynced = True
        if self._unsynced and monotonic is not None and monotonic - self._synced_at >= SYNC_EVERY_S:
            os.fdatasync(self._file.fileno())
            self._synced_at, self._unsynced = monotonic, False

    def abandon(self) -> None:
        """Shut without writing what was not handed over yet, as a kill does."""
        self._file.close()

    def close(self) -> None:
        """Everything to the disk, and shut."""
        self.flush()
        os.fsync(self._file.fileno())
        self._file.close()


def _write_all(file: IO[bytes], data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


def _cut_torn_line(path: Path) -> None:
    """A line without its end was never sent: it goes."""
    if not path.exists():
        return
    data = path.read_bytes()
    whole = data.rfind(b"\n") + 1
    if whole < len(data):
        os.truncate(path, whole)


class Entry(msgspec.Struct):
    """One event as its device knows it."""

    presented_us: int
    stored: bool = False
    refused: str = ""
    opened: int = 0  # times its door opened for it
    told: int = 0  # times the device learned what its door did
    door_us: int = 0  # when it first did


class Tally(msgspec.Struct):
    """A ledger that was read.

    Attributes:
        run, start_us: As written at the start of the run.
        entries: By (device, device_event), in the order of presenting.
        unasked: Openings without an event (under fire).
        strange: Answers about events that were never presented.
    """

    run: str
    start_us: int
    entries: dict[Key, Entry]
    unasked: int = 0
    strange: int = 0


def read(path: Path) -> Tally:
    """The ledger in `path`; a torn last line is left out.

    Raises:
        LedgerDamaged: It cannot be read otherwise, or does not begin with its run.
        FileNotFoundError: There is none.
    """
    data = path.read_bytes()
    lines = data[: data.rfind(b"\n") + 1].splitlines()
    tally: Tally | None = None
    for number, line in enumerate(lines, 1):
        try:
            row = _decoder.decode(line)
            if tally is None:
                tally = _begun(row)
            else:
                _count(tally, row)
        except (msgspec.DecodeError, IndexError, ValueError) as error:
            raise _damaged(path, number) from error
    if tally is None:
        raise _damaged(path, 1)
    return tally


def _damaged(path: Path, line: int) -> LedgerDamaged:
    return LedgerDamaged(
        f"设备台账 {path} 第 {line} 行无法解读，不能据此核对。",
        f"Line {line} of the devices' ledger {path} cannot be read: it proves nothing.",
    )


def _begun(row: list[str | int | bool]) -> Tally:
    kind, run, start_us = row
    if kind != "run":
        raise ValueError("a ledger begins with its run")
    return Tally(run=str(run), start_us=int(start_us), entries={})


def _count(tally: Tally, row: list[str | int | bool]) -> None:
    key = (str(row[1]), str(row[2]))
    if row[0] == "p":
        tally.entries.setdefault(key, Entry(presented_us=int(row[3])))
        return
    entry = tally.entries.get(key)
    if entry is None:
        if row[0] == "m" and not key[1]:
            tally.unasked += bool(row[4])
        else:
            tally.strange += 1
    elif row[0] == "s":
        entry.stored = True
    elif row[0] == "r":
        entry.refused = str(row[3])
    elif row[0] == "m":
        entry.opened += bool(row[4])
        entry.told += 1
        entry.door_us = entry.door_us or int(row[6])
    else:
        raise ValueError(f"no such row: {row[0]}")
