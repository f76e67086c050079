"""What every source does alike, whatever it reads; and what each does by itself."""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
import pytest

from core.clock import SystemClock
from core.facts import FaceProbe, Modality
from gateway.config import Device, Kind, TimeOf
from gateway.devices import frames
from gateway.devices.base import Answer, Event, Picture, Presented, Recognised, Refused, Seen, Shown, Source, Stored
from gateway.devices.folder import FolderSource
from gateway.devices.folder_memory import FolderMemory
from gateway.devices.frames import Frames
from gateway.devices.link.server import LinkServer
from gateway.devices.video import VideoSource, lost_total
from gateway.recognisers.images import Picture as Frame
from gateway.recognisers.images import require_picture
from gateway.threads import Crew
from tests.contract.gateway_parts import DeviceClient, eventually

CARD = Shown(kind=Modality.CARD, credential="c-1")
CLOCK = SystemClock()


class Sink:
    """Stores in memory, or says not now."""

    def __init__(self) -> None:
        self.offered: list[Event] = []
        self.stored: list[Event] = []
        self.busy = False

    def present(self, batch: Sequence[Event]) -> list[Answer]:
        self.offered += batch
        if self.busy:
            return [
                Refused(device=one.device, device_event=one.device_event, reason="busy", zh="忙", en="busy", again=True)
                for one in batch
            ]
        self.stored += batch
        return [Stored(device=one.device, device_event=one.device_event) for one in batch]

    def unread(self, refused: Sequence[Refused]) -> None:
        raise AssertionError(refused)

    def fire(self, on: bool) -> None:
        raise AssertionError(on)

    def names(self) -> list[str]:
        return [event.device_event for event in self.stored]


class Rig(Protocol):
    """A source with something to show it."""

    source: Source
    keeps: bool  # an event refused for now is offered again

    def show(self, count: int) -> None:
        """Something new for the source, `count` times."""

    def offer_again(self) -> None:
        """What the device does after a while."""

    def take_away(self) -> None:
        """The device is gone."""

    def close(self) -> None:
        """Clean up."""


class LinkRig:
    keeps = True

    def __init__(self, _folder: Path, sink: Sink) -> None:
        device = Device(id="dev", kind=Kind.LINK, door="d-1")
        self.server = LinkServer({"dev": device}, sink, Crew())
        self.source: Source = self.server
        self.client = DeviceClient(["dev"])

    def show(self, count: int) -> None:
        if self.client.closed.is_set() or not self.client.unsafe:
            self.client.connect(self.server.port)
        self.client.present([CARD] * count)

    def offer_again(self) -> None:
        self.client.connect(self.server.port)

    def take_away(self) -> None:
        self.client.close()

    def close(self) -> None:
        self.client.close()


class FolderRig:
    keeps = True

    def __init__(self, folder: Path, sink: Sink) -> None:
        self.pictures = folder / "pictures"
        self.pictures.mkdir()
        self.number = 0
        device = Device(id="dev", kind=Kind.FOLDER, door="d-1", path=str(self.pictures), recognise=(Modality.FACE,))
        self.source: Source = FolderSource(device, FolderMemory(folder / "folders.db", "dev"), sink, CLOCK, Crew())

    def show(self, count: int) -> None:
        for _ in range(count):
            self.number += 1
            (self.pictures / f"{self.number}.JPG").write_bytes(b"picture %d" % self.number)

    def offer_again(self) -> None:
        """It looks again by itself."""

    def take_away(self) -> None:
        for path in self.pictures.iterdir():
            path.unlink()
        self.pictures.rmdir()

    def close(self) -> None:
        """Nothing is left open."""


def person_of(colour: int) -> Recognised:
    vector = np.random.default_rng(colour).normal(size=128)
    unit = (vector / np.linalg.norm(vector)).astype("<f4")
    return Recognised(probe=FaceProbe(model="m", embedding=unit.tobytes()), quality=0.8, liveness=None, recogniser="m")


def look(frame: Frame, _device: Device) -> list[Recognised]:
    """Black: nobody; else somebody of the frame's colour."""
    colour = round(float(frame.mean()) / 20)
    return [person_of(colour)] if colour else []


def film(path: Path, colours: Sequence[int], frames_each: int = 15) -> None:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 30.0, (64, 64))
    assert writer.isOpened()
    for colour in colours:
        for _ in range(frames_each):
            writer.write(np.full((64, 64, 3), 20 * colour, np.uint8))
    writer.release()


class VideoRig:
    keeps = False

    def __init__(self, folder: Path, sink: Sink) -> None:
        self.film = folder / "film.avi"
        self.colours: list[int] = []
        device = Device(
            id="dev", kind=Kind.VIDEO, door="d-1", url=str(self.film), recognise=(Modality.FACE,), per_second=20.0
        )
        self.source: Source = VideoSource(device, Frames("dev", str(self.film), CLOCK), look, sink, CLOCK, Crew())

    def show(self, count: int) -> None:
        """People come one after the other, each for half a second; the film is found when it is whole."""
        for _ in range(count):
            self.colours += [len(self.colours) // 2 + 1, 0]
        whole = self.film.with_name("new.avi")
        film(whole, self.colours)
        whole.replace(self.film)

    def offer_again(self) -> None:
        """A camera keeps nothing."""

    def take_away(self) -> None:
        """The film ends."""

    def close(self) -> None:
        """Nothing is left open."""


@pytest.fixture
def sink() -> Sink:
    return Sink()


@pytest.fixture(params=[LinkRig, FolderRig, VideoRig], ids=["link", "folder", "video"])
def rig(request: pytest.FixtureRequest, tmp_path: Path, sink: Sink, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    monkeypatch.setattr(frames, "FIRST_WAIT_S", 0.1)
    make: Callable[[Path, Sink], Rig] = request.param
    made = make(tmp_path, sink)
    yield made
    made.close()
    made.source.stop()


def test_everything_shown_is_handed_over_once_with_its_number_and_times(rig: Rig, sink: Sink) -> None:
    rig.source.start()
    rig.show(5)
    assert eventually(lambda: len(sink.stored) >= 5)
    rig.source.stop()
    assert len(sink.stored) == len(set(sink.names())) == 5
    for event in sink.stored:
        assert event.device == "dev"
        assert event.handed_at is not None
        assert event.device_time <= event.handed_at
        assert not event.late


def test_nothing_is_handed_over_after_the_stop(rig: Rig, sink: Sink) -> None:
    rig.source.start()
    rig.show(1)
    assert eventually(lambda: len(sink.stored) == 1)
    rig.source.stop()
    if not isinstance(rig, LinkRig):  # nobody answers there any more
        rig.show(1)
    before = len(sink.offered)
    assert not eventually(lambda: len(sink.offered) > before, 0.5)
    assert not any(
        thread.name.startswith(("device-link", "folder", "video", "frames")) for thread in threading.enumerate()
    )


def test_an_event_refused_for_now_comes_again_under_its_number_or_is_counted(rig: Rig, sink: Sink) -> None:
    lost = lost_total.labels("busy")._value.get()
    sink.busy = True
    rig.source.start()
    rig.show(1)
    assert eventually(lambda: len(sink.offered) >= 1)
    sink.busy = False
    rig.offer_again()
    if rig.keeps:
        assert eventually(lambda: len(sink.stored) == 1)
        assert {event.device_event for event in sink.offered} == set(sink.names())
    else:
        assert eventually(lambda: lost_total.labels("busy")._value.get() == lost + 1)


def test_a_device_says_whether_it_works(rig: Rig, sink: Sink) -> None:
    rig.source.start()
    rig.show(2)
    assert eventually(lambda: rig.source.states()["dev"].working)
    assert eventually(lambda: len(sink.stored) == 2)
    rig.take_away()
    assert eventually(lambda: not rig.source.states()["dev"].working)
    assert rig.source.states()["dev"].note


# The folder by itself


def folder(tmp_path: Path, sink: Sink, **changes: object) -> FolderSource:
    (tmp_path / "pictures").mkdir(exist_ok=True)
    device = Device(id="dev", kind=Kind.FOLDER, door="d-1", path=str(tmp_path / "pictures"), **changes)  # type: ignore[arg-type]
    return FolderSource(device, FolderMemory(tmp_path / "folders.db", "dev"), sink, CLOCK, Crew())


def test_a_restart_repeats_nothing_and_a_touched_file_is_no_new_picture(tmp_path: Path, sink: Sink) -> None:
    first = folder(tmp_path, sink)
    picture = tmp_path / "pictures" / "sub" / "one.png"
    picture.parent.mkdir()
    picture.write_bytes(b"one")
    for _ in range(2):
        first.look()
    first.stop()
    second = folder(tmp_path, sink)
    for _ in range(2):
        second.look()
    picture.touch()
    for _ in range(2):
        second.look()
    assert len(sink.stored) == 1
    picture.write_bytes(b"another")
    for _ in range(2):
        second.look()
    second.stop()
    assert len(set(sink.names())) == 2


def test_a_picture_still_being_written_is_left_until_it_stands_still(tmp_path: Path, sink: Sink) -> None:
    source = folder(tmp_path, sink)
    picture = tmp_path / "pictures" / "one.jpg"
    for part in (b"a", b"ab", b"abc"):
        picture.write_bytes(part)
        source.look()
    assert sink.stored == []
    source.look()
    source.stop()
    (event,) = sink.stored
    assert isinstance(event, Presented)
    assert event.content == Picture(image=b"abc")


def test_what_is_no_picture_by_its_name_is_left_alone(tmp_path: Path, sink: Sink) -> None:
    source = folder(tmp_path, sink)
    pictures = tmp_path / "pictures"
    (pictures / "labels.csv").write_text("file,person")
    (pictures / ".hidden.jpg").write_bytes(b"x")
    (tmp_path / "secret.jpg").write_bytes(b"x")
    (pictures / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    (tmp_path / "pictures" / "bad\udcff.jpg").write_bytes(b"x")
    for _ in range(3):
        source.look()
    source.stop()
    assert sink.offered == []


def test_files_may_go_once_they_are_safe_and_may_bring_their_own_time(tmp_path: Path, sink: Sink) -> None:
    source = folder(tmp_path, sink, delete_processed=True, time=TimeOf.FILE)
    picture = tmp_path / "pictures" / "one.jpg"
    picture.write_bytes(b"x")
    os.utime(picture, (1_700_000_000, 1_700_000_000))
    sink.busy = True
    source.look()
    assert picture.exists()
    sink.busy = False
    source.look()
    source.stop()
    assert not picture.exists()
    assert sink.stored[0].device_time.timestamp() == 1_700_000_000


# The camera by itself


def test_somebody_who_stays_is_one_capture_and_newer_frames_win(tmp_path: Path, sink: Sink) -> None:
    path = tmp_path / "film.avi"
    film(path, [3], frames_each=60)
    device = Device(id="dev", kind=Kind.VIDEO, door="d-1", url=str(path), per_second=5.0)
    looked: list[int] = []

    def see(frame: Frame, one: Device) -> list[Recognised]:
        looked.append(1)
        return look(frame, one)

    dropped = frames.dropped_total.labels("dev")._value.get()
    source = VideoSource(device, Frames("dev", str(path), CLOCK), see, sink, CLOCK, Crew())
    source.start()
    assert eventually(lambda: not source.states()["dev"].working and bool(looked))
    source.stop()
    assert len(sink.stored) == 1
    assert isinstance(sink.stored[0], Seen)
    assert len(looked) < 40  # two seconds at five a second, with room for a busy machine
    assert 60 - len(looked) - 1 <= frames.dropped_total.labels("dev")._value.get() - dropped < 60


def test_a_camera_that_cannot_be_reached_is_tried_again(
    tmp_path: Path, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frames, "FIRST_WAIT_S", 0.05)
    path = tmp_path / "film.avi"
    device = Device(id="dev", kind=Kind.VIDEO, door="d-1", url=str(path))
    failed = frames.reopened_total.labels("dev", "failed")._value.get()
    source = VideoSource(device, Frames("dev", str(path), CLOCK), look, sink, CLOCK, Crew())
    source.start()
    assert eventually(lambda: frames.reopened_total.labels("dev", "failed")._value.get() >= failed + 2)
    assert "gateway.toml" in source.states()["dev"].note
    whole = tmp_path / "new.avi"
    film(whole, [4])
    whole.replace(path)
    assert eventually(lambda: len(sink.stored) == 1)
    source.stop()


def test_a_frame_without_sense_is_counted_not_fatal(sink: Sink) -> None:
    device = Device(id="dev", kind=Kind.VIDEO, door="d-1", url="x")

    def see(frame: Frame, one: Device) -> list[Recognised]:
        return look(require_picture(frame), one)

    source = VideoSource(device, Frames("dev", "x", CLOCK), see, sink, CLOCK, Crew())
    source.see(np.zeros((0, 0, 3), np.uint8))
    source.see(np.full((64, 64, 3), 60, np.uint8))
    assert len(sink.stored) == 1
