"""One connection of the device link: bytes in, frames out. Reading belongs to the link's thread, sending to any."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator, Sequence

from gateway.devices.link.frames import Down, FrameBuffer, encode

READ_BYTES = 256 * 1024
UNSENT_MAX = 4 * 1024 * 1024  # a device that does not read so much is cut off


class Connection:
    """A non-blocking socket with its buffers.

    Args:
        wake: tells the link's thread that something is left to send.
    """

    def __init__(self, sock: socket.socket, wake: Callable[[], None]) -> None:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = sock
        self.devices: set[str] = set()
        self._wake = wake
        self._frames = FrameBuffer()
        self._unsent = bytearray()
        self._lock = threading.Lock()
        self.broken = False
        self.watched_for_writing = False  # by the link's selector

    def fileno(self) -> int:
        """For the selector."""
        return self.sock.fileno()

    def read(self) -> Iterator[bytes]:
        """The frames that have become complete; `broken` once the other end is gone. Raises FrameTooLarge."""
        try:
            data = self.sock.recv(READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if not data:
            self.broken = True
            return
        yield from self._frames.feed(data)

    def send(self, messages: Sequence[Down]) -> bool:
        """Send a frame as far as the socket takes it now, and the rest later; False once the connection is broken."""
        frame = encode(messages)
        with self._lock:
            if self.broken or len(self._unsent) + len(frame) > UNSENT_MAX:
                self.broken = True
            else:
                self._unsent += frame
                self._push()
            left = bool(self._unsent) or self.broken
        if left:
            self._wake()
        return not self.broken

    def flush(self) -> None:
        """Send what is left, as far as the socket takes it."""
        with self._lock:
            self._push()

    @property
    def unsent(self) -> bool:
        """Whether something is left to send."""
        return bool(self._unsent)

    def close(self) -> None:
        """Close the socket."""
        with self._lock:
            self.broken = True
            with contextlib.suppress(OSError):
                self.sock.close()

    def _push(self) -> None:
        try:
            while self._unsent and not self.broken:
                sent = self.sock.send(self._unsent)
                del self._unsent[:sent]
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self.broken = True
