"""The device link's source: a TCP server on loopback for devices and simulators of this machine.

One thread reads all connections. What came in one turn, from all of them, is presented as one batch, so that many
devices share one transaction; while it is made safe the next turn's bytes wait in the sockets, which is the back
pressure. Pictures go to threads of their own through a bounded queue, so that nobody waits behind a picture.
"""

import contextlib
import queue
import selectors
import socket
import threading
from collections.abc import Callable, Sequence
from typing import Protocol

import structlog
from prometheus_client import Counter, Gauge

from core.errors import AnjuError
from gateway.config import Device
from gateway.devices.base import Answer, DeviceState, DoorMove, Event, Picture, Presented, Refused
from gateway.devices.link.connection import Connection
from gateway.devices.link.frames import FireSignal, FrameMalformed, FrameTooLarge, Hello, decode_up
from gateway.refusals import InputUnusable
from gateway.threads import Crew

log = structlog.get_logger(__name__)
TURN_S = 0.5
PICTURES_WAITING = 64
CONNECTIONS_MAX = 1_024

connections_gauge = Gauge("anju_link_connections", "Open connections of devices")
closed_total = Counter("anju_link_closed_total", "Connections closed, by why", ["reason"])
untold_total = Counter("anju_link_untold_total", "Door moves that no connection could carry")
Asked = tuple[Connection, Event]


class LinkSink(Protocol):
    """What the link needs of the gateway."""

    def present(self, batch: Sequence[Event]) -> list[Answer]:
        """See Sink."""
        ...

    def unread(self, refused: Sequence[Refused]) -> None:
        """Report input that could not be read."""
        ...

    def fire(self, on: bool) -> None:
        """The fire input."""
        ...


class LinkServer:
    """Listens from construction on (so that `port` is known), serves from `start` on.

    Args:
        devices: the link's devices by id.
        port: 0 for any free one.
        picture_threads: as many as there are sets of recognisers.
    """

    def __init__(
        self, devices: dict[str, Device], sink: LinkSink, crew: Crew, *, port: int = 0, picture_threads: int = 1
    ) -> None:
        self._devices, self._sink, self._crew = devices, sink, crew
        self._picture_threads = picture_threads
        self._listener = socket.create_server(("127.0.0.1", port), backlog=128)
        self._listener.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._wake_out, self._wake_in = socket.socketpair()
        self._wake_in.setblocking(False)
        self._wake_out.setblocking(False)
        self._selector.register(self._wake_out, selectors.EVENT_READ)
        self._connections: set[Connection] = set()
        self._by_device: dict[str, Connection] = {}
        self._pictures: queue.Queue[Asked | None] = queue.Queue(PICTURES_WAITING)
        self._stopping = False
        self._threads: list[threading.Thread] = []

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._listener.getsockname()[1])

    def start(self) -> None:
        """Begin to serve."""
        self._threads = [self._crew.start("device-link", self._run)]
        for number in range(self._picture_threads):
            self._threads.append(self._crew.start(f"link-pictures-{number}", self._run_pictures))

    def stop(self) -> None:
        """Stop taking anything in, answer what was stored, close; pictures that still queue stay with their devices."""
        self._stopping = True
        self._wake()
        with contextlib.suppress(queue.Empty):
            while True:
                self._pictures.get_nowait()
        for _ in self._threads[1:]:
            self._pictures.put(None)
        for thread in self._threads:
            thread.join()
        for connection in list(self._connections):
            connection.flush()
            self._drop(connection, "stopping")
        self._selector.close()
        for sock in (self._listener, self._wake_out, self._wake_in):
            sock.close()

    def states(self) -> dict[str, DeviceState]:
        """A device works while a connection speaks for it."""
        here = dict(self._by_device)
        return {
            name: DeviceState(name in here, "" if name in here else "未连接 / not connected") for name in self._devices
        }

    def tell(self, moves: Sequence[tuple[str, DoorMove]]) -> list[bool]:
        """Send door moves to devices, a frame a connection; False for those whose device is not connected."""
        by_connection: dict[Connection, list[int]] = {}
        for place, (device, _) in enumerate(moves):
            if (connection := self._by_device.get(device)) is not None:
                by_connection.setdefault(connection, []).append(place)
        told = [False] * len(moves)
        for connection, places in by_connection.items():
            if connection.send([moves[place][1] for place in places]):
                for place in places:
                    told[place] = True
        untold_total.inc(told.count(False))
        return told

    def _wake(self) -> None:
        try:
            self._wake_in.send(b"\0")
        except (BlockingIOError, OSError):
            return  # already awake, or closed

    def _run(self) -> None:
        while not self._stopping:
            asked: list[Asked] = []
            for key, _ in self._selector.select(TURN_S):
                if key.fileobj is self._listener:
                    self._accept()
                elif key.fileobj is self._wake_out:
                    self._wake_out.recv(4096)
                elif isinstance(key.fileobj, Connection):
                    self._read(key.fileobj, asked)
            self._present(asked)
            self._tidy()

    def _accept(self) -> None:
        try:
            sock, _ = self._listener.accept()
        except OSError:
            return
        if len(self._connections) >= CONNECTIONS_MAX:
            closed_total.labels("too_many").inc()
            sock.close()
            return
        connection = Connection(sock, self._wake)
        self._connections.add(connection)
        self._selector.register(connection, selectors.EVENT_READ)
        connections_gauge.set(len(self._connections))

    def _read(self, connection: Connection, asked: list[Asked]) -> None:
        try:
            for body in connection.read():
                self._frame(connection, body, asked)
        except FrameTooLarge as error:
            self._unread(connection, [Refused.of("", "", error, again=False)])
            connection.flush()
            self._drop(connection, error.code)

    def _frame(self, connection: Connection, body: bytes, asked: list[Asked]) -> None:
        try:
            messages = decode_up(body)
        except FrameMalformed as error:
            self._unread(connection, [Refused.of("", "", error, again=False)])
            return
        for message in messages:
            if isinstance(message, Presented):
                self._speaks(connection, message.device)
                if isinstance(message.content, Picture):
                    self._queue(connection, message)
                else:
                    asked.append((connection, message))
            elif isinstance(message, Refused):
                self._unread(connection, [message])
            elif isinstance(message, FireSignal):
                self._sink.fire(message.on)
            elif isinstance(message, Hello):
                for device in message.devices:
                    self._speaks(connection, device)

    def _speaks(self, connection: Connection, device: str) -> None:
        if device in self._devices and self._by_device.get(device) is not connection:
            connection.devices.add(device)
            self._by_device[device] = connection

    def _unread(self, connection: Connection, refused: Sequence[Refused]) -> None:
        """Only the device's own number makes a refusal final for it; the gateway reports it in any case."""
        connection.send(refused)
        self._report(lambda: self._sink.unread(refused))

    def _queue(self, connection: Connection, event: Presented) -> None:
        try:
            self._pictures.put_nowait((connection, event))
        except queue.Full:
            busy = InputUnusable("busy")
            connection.send([Refused.of(event.device, event.device_event, busy, again=True)])

    def _run_pictures(self) -> None:
        while (asked := self._pictures.get()) is not None:
            self._present([asked])

    def _present(self, asked: Sequence[Asked]) -> None:
        if not asked:
            return
        answers = self._sink.present([event for _, event in asked])
        by_connection: dict[Connection, list[Answer]] = {}
        for (connection, _), answer in zip(asked, answers, strict=True):
            by_connection.setdefault(connection, []).append(answer)
        for connection, mine in by_connection.items():
            connection.send(mine)

    def _report(self, report: Callable[[], None]) -> None:
        try:
            report()
        except AnjuError as error:
            log.warning("unread_not_reported", code=error.code, error=str(error))

    def _tidy(self) -> None:
        """Send what is left, drop what is broken, and let the selector wait for the right things."""
        for connection in list(self._connections):
            if connection.unsent:
                connection.flush()
            if connection.broken:
                self._drop(connection, "gone")
            elif connection.unsent != connection.watched_for_writing:
                connection.watched_for_writing = connection.unsent
                writing = selectors.EVENT_WRITE if connection.unsent else 0
                self._selector.modify(connection, selectors.EVENT_READ | writing)

    def _drop(self, connection: Connection, reason: str) -> None:
        self._connections.discard(connection)
        self._selector.unregister(connection)
        for device in connection.devices:
            if self._by_device.get(device) is connection:
                del self._by_device[device]
        connection.close()
        closed_total.labels(reason).inc()
        connections_gauge.set(len(self._connections))
