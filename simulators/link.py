"""One connection of simulated devices to their gateway's device link: connects again and again, never blocks.

The gateway says in `link.json` which port its link has; a restarted gateway may have another one.
"""

import errno
import socket
from pathlib import Path

import msgspec

from gateway.devices.base import Presented
from gateway.devices.link.frames import (
    MAX_MESSAGES,
    Down,
    FireSignal,
    FrameBuffer,
    FrameMalformed,
    FrameTooLarge,
    Hello,
    decode_down,
    encode,
)

LINK_FILE = "link.json"
RETRY_S = 0.25
_CONNECT_S = 1.0
_READ_BYTES = 256 * 1024


class _LinkFile(msgspec.Struct):
    port: int


class Link:
    """A client of the device link.

    Args:
        folder: The gateway's own folder, where link.json is.
        devices: Who speaks over this connection.
    """

    def __init__(self, folder: Path, devices: list[str]) -> None:
        self._path = folder / LINK_FILE
        self._devices = devices
        self._socket: socket.socket | None = None
        self._frames = FrameBuffer()
        self._out = bytearray()
        self._next_try = 0.0
        self.connections = 0

    @property
    def connected(self) -> bool:
        """Whether the gateway can be spoken to."""
        return self._socket is not None

    @property
    def unsent(self) -> int:
        """Bytes that the gateway has not taken yet."""
        return len(self._out)

    def fileno(self) -> int:
        """For a selector; only while connected."""
        if self._socket is None:
            raise ValueError("the link is not connected")
        return self._socket.fileno()

    def connect(self, monotonic: float) -> bool:
        """Try to connect if it is time to; True when a new connection stands (and every open event is to be sent)."""
        if self._socket is not None or monotonic < self._next_try:
            return False
        self._next_try = monotonic + RETRY_S
        try:
            port = msgspec.json.decode(self._path.read_bytes(), type=_LinkFile).port
            made = socket.create_connection(("127.0.0.1", port), timeout=_CONNECT_S)
        except (OSError, msgspec.DecodeError):
            return False  # the gateway is not there yet: tried again soon
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        made.setblocking(False)
        self._socket, self._frames = made, FrameBuffer()
        self.connections += 1
        for start in range(0, len(self._devices), MAX_MESSAGES):
            self._out += encode([Hello(devices=tuple(self._devices[start : start + MAX_MESSAGES]))])
        return self.push()

    def send(self, events: list[Presented]) -> None:
        """Hand events over, at most 1024 a frame; what the socket does not take now waits for `push`."""
        for start in range(0, len(events), MAX_MESSAGES):
            self.send_raw(encode(events[start : start + MAX_MESSAGES]))

    def fire(self, on: bool) -> None:
        """The building's fire input."""
        self.send_raw(encode([FireSignal(on=on)]))

    def send_raw(self, frame: bytes) -> None:
        """Hand bytes over as they are (also wrong ones, see `faults`)."""
        self._out += frame
        self.push()

    def push(self) -> bool:
        """Write what waits; False where the connection broke."""
        if self._socket is None:
            return False
        try:
            while self._out:
                del self._out[: self._socket.send(self._out)]
        except BlockingIOError:
            return True
        except OSError:
            self.drop()
            return False
        return True

    def pull(self) -> list[Down]:
        """What the gateway says now; empty where it says nothing or the connection broke."""
        if self._socket is None:
            return []
        try:
            data = self._socket.recv(_READ_BYTES)
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.EWOULDBLOCK):
                self.drop()
            return []
        if not data:
            self.drop()
            return []
        try:
            return [message for body in self._frames.feed(data) for message in decode_down(body)]
        except (FrameMalformed, FrameTooLarge):
            self.drop()
            return []

    def drop(self) -> None:
        """Let the connection go; `connect` makes the next."""
        if self._socket is not None:
            self._socket.close()
        self._socket = None
        self._out.clear()
