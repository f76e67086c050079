"""A camera (RTSP) or a video file as a device: looked at now and then, one capture for somebody who stands there."""

import threading
from collections.abc import Callable, Sequence

import structlog
from prometheus_client import Counter

from core.clock import Clock
from core.ids import new_id
from gateway.config import Device
from gateway.devices.base import DeviceState, Recognised, Refused, Seen, Sink
from gateway.devices.cooldown import Cooldown
from gateway.devices.frames import Frames
from gateway.recognisers.images import Picture, UnreadableImage
from gateway.threads import Crew

log = structlog.get_logger(__name__)
WAIT_S = 0.5

looked_total = Counter("anju_video_looked_total", "Frames recognised, by what they held", ["device", "result"])
lost_total = Counter("anju_video_lost_total", "Captures of cameras that could not be stored", ["reason"])


class VideoSource:
    """Looks at the newest frame `per_second` times a second at most.

    Args:
        device: of kind video.
        frames: its frames.
        look: what a frame of this device holds; raises UnreadableImage.
    """

    def __init__(
        self,
        device: Device,
        frames: Frames,
        look: Callable[[Picture, Device], Sequence[Recognised]],
        sink: Sink,
        clock: Clock,
        crew: Crew,
    ) -> None:
        self._device, self._frames, self._look, self._sink = device, frames, look, sink
        self._clock, self._crew = clock, crew
        self._cooldown = Cooldown(device.cooldown_s)
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to read and to look."""
        self._frames.start(self._crew)
        self._thread = self._crew.start(f"video-{self._device.id}", self._run)

    def stop(self) -> None:
        """End; the frame at hand is finished."""
        self._stop.set()
        self._frames.stop()
        if self._thread is not None:
            self._thread.join()

    def states(self) -> dict[str, DeviceState]:
        """Works while frames come."""
        return {self._device.id: self._frames.state}

    def _run(self) -> None:
        pause = 1.0 / self._device.per_second
        while not self._stop.is_set():
            frame = self._frames.newest(WAIT_S)
            if frame is not None:
                due = self._clock.monotonic() + pause
                self.see(frame)
                self._stop.wait(max(0.0, due - self._clock.monotonic()))

    def see(self, frame: Picture) -> None:
        """Recognise one frame and hand over who is new in it."""
        now = self._clock.now()
        try:
            found = self._look(frame, self._device)
        except UnreadableImage as error:
            looked_total.labels(self._device.id, error.code).inc()
            return
        fresh = self._cooldown.fresh(found, self._clock.monotonic())
        result = "new" if fresh else ("known" if found else "nothing")
        looked_total.labels(self._device.id, result).inc()
        if not fresh:
            return
        handed = self._clock.now()
        events = [
            Seen(device=self._device.id, device_event=new_id(), device_time=now, handed_at=handed, content=one)
            for one in fresh
        ]
        for answer in self._sink.present(events):
            if isinstance(answer, Refused):  # a camera keeps nothing: it will see them again, if they stay
                lost_total.labels(answer.reason).inc()
                log.warning("video_capture_lost", device=self._device.id, reason=answer.reason)
