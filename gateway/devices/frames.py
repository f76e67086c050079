"""Frames of a video, newest wins: one thread reads as fast as they come, whoever asks gets the last one."""

import math
import random
import threading

import cv2
import numpy as np
import structlog
from prometheus_client import Counter

from core.clock import Clock
from gateway.devices.base import DeviceState
from gateway.recognisers.images import Picture
from gateway.threads import Crew

log = structlog.get_logger(__name__)
TIMEOUT_MS = 5_000
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 30.0
DEFAULT_FPS = 25.0

frames_total = Counter("anju_video_frames_total", "Frames read from cameras and videos", ["device"])
dropped_total = Counter("anju_video_frames_dropped_total", "Frames that a newer one replaced unseen", ["device"])
reopened_total = Counter("anju_video_reopened_total", "Times a video was opened, or failed to", ["device", "result"])


class Frames:
    """Reads `url`: an address is opened again whenever it breaks off, a file is played once at its own speed.

    Args:
        device: whose frames these are, for counters.
        url: a path or an address; it may hold a password and is never logged.
    """

    def __init__(self, device: str, url: str, clock: Clock) -> None:
        self._device, self._url, self._clock = device, url, clock
        self._is_file = "://" not in url
        self._newest: Picture | None = None
        self._changed = threading.Condition()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.state = DeviceState(False, "尚未打开 / not open yet")

    def start(self, crew: Crew) -> None:
        """Begin to read."""
        self._thread = crew.start(f"frames-{self._device}", self._run)

    def stop(self) -> None:
        """End; takes at most the read timeout."""
        self._stop.set()
        with self._changed:
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()

    def newest(self, timeout: float) -> Picture | None:
        """The newest frame not yet taken, (height, width, 3) uint8, blue first; None where none came in time."""
        with self._changed:
            if self._newest is None and not self._stop.is_set():
                self._changed.wait(timeout)
            frame, self._newest = self._newest, None
            return frame

    def _run(self) -> None:
        wait = FIRST_WAIT_S
        while not self._stop.is_set():
            frames = self._play()
            if frames and self._is_file:
                self.state = DeviceState(False, "视频已播放完毕 / the video has ended")
                return
            wait = FIRST_WAIT_S if frames else min(wait * 2, LONGEST_WAIT_S)
            reopened_total.labels(self._device, "broke_off" if frames else "failed").inc()
            if self.state.working or not frames:
                log.warning("video_away", device=self._device, retry_s=round(wait, 1))
            self.state = DeviceState(
                False, "视频中断 / no video: check url in gateway.toml, the camera and the network"
            )
            self._stop.wait(wait * random.uniform(0.5, 1.0))  # noqa: S311 - so that cameras do not come back at once

    def _play(self) -> int:
        """Read until it ends or breaks off; how many frames came."""
        options = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, TIMEOUT_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, TIMEOUT_MS]
        video = cv2.VideoCapture(self._url, cv2.CAP_FFMPEG, options)
        count = 0
        try:
            pause = 1.0 / _fps(video.get(cv2.CAP_PROP_FPS)) if self._is_file else 0.0
            while video.isOpened() and not self._stop.is_set():
                due = self._clock.monotonic() + pause
                there, frame = video.read()
                if not there:
                    break
                if count == 0:
                    self.state = DeviceState(working=True)
                    reopened_total.labels(self._device, "opened").inc()
                count += 1
                self._show(np.asarray(frame, np.uint8))
                if pause:
                    self._stop.wait(max(0.0, due - self._clock.monotonic()))
        finally:
            video.release()
        return count

    def _show(self, frame: Picture) -> None:
        frames_total.labels(self._device).inc()
        with self._changed:
            if self._newest is not None:
                dropped_total.labels(self._device).inc()
            self._newest = frame
            self._changed.notify()


def _fps(claimed: float) -> float:
    return claimed if math.isfinite(claimed) and 1.0 <= claimed <= 240.0 else DEFAULT_FPS
