"""A folder of pictures as a device: what lies there, and what comes, each picture once.

A file is taken when its size and time have stood still for a look, so a picture still being copied is not read in half.
Its event's number is made from name and content: the same picture offered again after a crash is the same event. The
picture's bytes live only while its probe is made. Files are left where they are unless `delete_processed` says else.
"""

import hashlib
import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import structlog
from prometheus_client import Counter

from core.clock import Clock
from gateway.config import Device, TimeOf
from gateway.devices.base import MAX_IMAGE_BYTES, DeviceState, Picture, Presented, Refused, Sink
from gateway.devices.folder_memory import FolderMemory, Stamp
from gateway.threads import Crew

log = structlog.get_logger(__name__)
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp"})
LOOK_S = 0.5
SETTLE_NS = 1_000_000_000  # untouched for so long: complete at the first look

ignored_total = Counter("anju_folder_ignored_total", "Files in picture folders that were left alone", ["reason"])


class FolderSource:
    """Watches one folder, subfolders included; links are not followed.

    Args:
        device: of kind folder.
        memory: what was handed over before.
    """

    def __init__(self, device: Device, memory: FolderMemory, sink: Sink, clock: Clock, crew: Crew) -> None:
        self._device, self._memory, self._sink, self._clock, self._crew = device, memory, sink, clock, crew
        self._root = Path(device.path)
        self._seen: dict[str, Stamp] = {}  # at the last look
        self._ignored: set[str] = set()
        self._state = DeviceState(working=True)
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to look."""
        self._thread = self._crew.start(f"folder-{self._device.id}", self._run)

    def stop(self) -> None:
        """End; the picture at hand is finished."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        self._memory.close()

    def states(self) -> dict[str, DeviceState]:
        """Works while the folder can be read."""
        return {self._device.id: self._state}

    def _run(self) -> None:
        while not self._stop.is_set():
            self.look()
            self._stop.wait(LOOK_S)

    def look(self) -> None:
        """One look: hand over whatever is new and stands still."""
        try:
            files = dict(self._files())
        except OSError as error:
            self._fail(error)
            return
        self._state = DeviceState(working=True)
        before, self._seen = self._seen, files
        now_ns = int(self._clock.now().timestamp() * 1e9)
        for name, stamp in sorted(files.items(), key=lambda row: row[1].mtime_ns):
            if self._stop.is_set():
                return
            still = before.get(name) == stamp or now_ns - stamp.mtime_ns > SETTLE_NS
            if still and not self._memory.unchanged(name, stamp):
                self._take(name, stamp)
        self._memory.forget_missing(set(files))

    def _files(self) -> Iterator[tuple[str, Stamp]]:
        """Pictures by their name under the folder. Raises OSError where the folder itself cannot be read."""
        os.scandir(self._root).close()
        for folder, _, names in os.walk(self._root):
            for name in names:
                path = Path(folder) / name
                relative = path.relative_to(self._root).as_posix()
                if path.suffix.lower() not in SUFFIXES or name.startswith("."):
                    self._ignore(relative, "not_a_picture_name")
                elif path.is_symlink():
                    self._ignore(relative, "link")
                elif not _is_text(relative):
                    self._ignore(relative.encode(errors="replace").decode(), "name_unreadable")
                else:
                    try:
                        status = path.stat()
                    except OSError:
                        continue  # gone between the two calls
                    yield relative, Stamp(status.st_size, status.st_mtime_ns)

    def _take(self, name: str, stamp: Stamp) -> None:
        path = self._root / name
        try:
            # One byte over the limit is enough to be refused, in words, as too big.
            with path.open("rb") as file:
                image = file.read(MAX_IMAGE_BYTES + 1)
        except OSError as error:
            ignored_total.labels("unreadable").inc()
            log.warning("picture_unreadable", device=self._device.id, file=name, error=str(error))
            return
        hashed = hashlib.blake2b(image + name.encode(), digest_size=16).digest()
        if self._memory.handed(name, hashed):
            self._memory.remember(name, stamp, hashed)  # only touched
            return
        now = self._clock.now()
        from_file = self._device.time is TimeOf.FILE
        event = Presented(
            device=self._device.id,
            device_event=hashed.hex(),
            device_time=datetime.fromtimestamp(stamp.mtime_ns / 1e9, UTC) if from_file else now,
            handed_at=now,
            content=Picture(image=image),
        )
        answer = self._sink.present([event])[0]
        if isinstance(answer, Refused) and answer.again:
            return  # at the next look
        self._memory.remember(name, stamp, hashed)
        if self._device.delete_processed:
            self._delete(path)

    def _delete(self, path: Path) -> None:
        try:
            path.unlink()
        except OSError as error:
            log.warning("picture_not_deleted", device=self._device.id, file=path.name, error=str(error))

    def _ignore(self, name: str, reason: str) -> None:
        if name not in self._ignored:
            self._ignored.add(name)
            ignored_total.labels(reason).inc()
            log.info("file_ignored", device=self._device.id, file=name, reason=reason)

    def _fail(self, error: OSError) -> None:
        if self._state.working:
            log.error("folder_unreadable", device=self._device.id, error=str(error), mend="check path in gateway.toml")
        self._state = DeviceState(False, f"文件夹无法读取 / the folder cannot be read: {error.strerror}")


def _is_text(name: str) -> bool:
    """Whether a file's name is UTF-8; one that is not cannot be remembered."""
    return not any("\ud800" <= letter <= "\udfff" for letter in name)
