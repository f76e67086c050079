"""Around a gateway under test: a server that answers, a device with a ledger of its own, and the gateway itself.

The device's ledger knows only what the device did and was told; counts of lost and doubled events come from comparing
it with what the server kept, never from the gateway's own files.
"""

import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np

from core import sets, topics, wire
from core.clock import SystemClock
from core.facts import (
    Capture,
    Decision,
    DoorActed,
    GatewayHealth,
    InputRefused,
    Lane,
    Outcome,
    Receipt,
    Rejection,
    Uplink,
)
from core.mqtt import Link, MemoryBroker, MemoryLink, PahoLink
from core.settings import Settings
from core.topics import Address, Channel
from core.vault import EstateKey, Vault
from gateway.config import load_config
from gateway.devices.base import Content, DoorMove, Drawn, Presented, Refused, Stored
from gateway.devices.link.frames import Down, FireSignal, FrameBuffer, Hello, Up, decode_down, encode
from gateway.downlink import subscriptions
from gateway.pictures import Looks
from gateway.service import GatewayService

ESTATE, GATEWAY = "laurel", "gw-01"
MODEL = "sface-2021dec-int8bq"
WITHIN_S = 20.0
LINK_DEVICE = '[[device]]\nid = "dev-1"\nkind = "link"\ndoor = "d-1"\ndirection = "in"\n'


def eventually(true: Callable[[], bool], within_s: float = WITHIN_S) -> bool:
    """Whether it became true in time."""
    until = time.monotonic() + within_s
    waiter = threading.Event()
    while not true():
        if time.monotonic() > until:
            return False
        waiter.wait(0.01)
    return True


class Server:
    """Recognition's part: decides, receipts, answers pulls. What it kept is what counts.

    `silent`: keeps and receipts, but decides nothing. `forgetful`: keeps without a receipt.
    """

    def __init__(self, make_link: Callable[[], Link], key: EstateKey, *, opens: bool = True) -> None:
        self._make_link, self._link = make_link, make_link()
        self._key, self._opens = key, opens
        self.broker: MemoryBroker | str = ""
        self.kept: dict[tuple[str, str, int], Uplink] = {}
        self.arrived: list[tuple[Lane, Uplink]] = []
        self.again = 0
        self.clashes = 0
        self.reject: Callable[[Uplink], bool] = lambda _fact: False
        self.silent = self.forgetful = False
        self._away = threading.Event()
        self.health: list[GatewayHealth] = []
        self.rows: dict[str, dict[str, bytes]] = {name: {} for name in sets.NAMES}
        self.version = 1
        self.asked: list[wire.Have] = []
        self._hashes: dict[tuple[str, str, int], bytes] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="server")

    @staticmethod
    def filters() -> list[tuple[str, int]]:
        """What a server listens to."""
        return [
            (topics.everyone(ESTATE, channel), 1)
            for channel in (Channel.LIVE, Channel.REPLAY, Channel.PULL, Channel.HEALTH)
        ]

    def start(self) -> "Server":
        """Begin."""
        self._link.start()
        self._thread.start()
        return self

    def stop(self) -> None:
        """End."""
        self._stop.set()
        self._thread.join()
        self._link.stop()

    def leave(self) -> None:
        """Go away; what comes now waits at the broker."""
        self._away.set()
        self._link.stop()

    def come_back(self) -> None:
        """Be there again; what the broker kept comes."""
        self._link = self._make_link()
        self._link.start()
        self._away.clear()

    def captures(self) -> list[Capture]:
        """The captures kept."""
        return [fact for fact in list(self.kept.values()) if isinstance(fact, Capture)]

    def acts(self) -> list[DoorActed]:
        """The door reports kept."""
        return [fact for fact in list(self.kept.values()) if isinstance(fact, DoorActed)]

    def refusals(self) -> list[InputRefused]:
        """The refused input kept."""
        return [fact for fact in list(self.kept.values()) if isinstance(fact, InputRefused)]

    def lanes(self, kind: type[Uplink]) -> set[Lane]:
        """The lanes in which facts of a kind came."""
        return {lane for lane, fact in list(self.arrived) if isinstance(fact, kind)}

    def events(self) -> Counter[str]:
        """How often each device event was kept."""
        return Counter(capture.device_event for capture in self.captures())

    def down(self, channel: Channel, payload: bytes, qos: int = 1) -> None:
        """Send something down to the gateway."""
        self._link.publish(Address(ESTATE, GATEWAY, channel).topic(), payload, qos=qos)

    def wake(self) -> None:
        """Tell the gateway that something changed."""
        self.down(Channel.WAKE, b"", qos=0)

    def _run(self) -> None:
        while not self._stop.is_set():
            if self._away.is_set():
                self._stop.wait(0.01)
                continue
            messages = self._link.receive(64, 0.05)
            for message in messages:
                channel = topics.parse(message.topic).channel
                if channel in topics.LANES:
                    self._take(topics.LANES[channel], wire.decode(message.payload, wire.Envelope))
                elif channel is Channel.PULL:
                    self._answer(wire.decode(message.payload, wire.Have))
                else:
                    self.health.append(wire.decode(message.payload, wire.Health).health)
            self._link.ack(messages)

    def _take(self, lane: Lane, envelope: wire.Envelope) -> None:
        kept, rejected, decisions = [], [], []
        for item in envelope.items:
            fact = wire.decode_body(item.body)
            if self.reject(fact):
                rejected.append(Rejection(seq=item.seq, reason="clock_ahead", detail="set the gateway's clock"))
                continue
            key = GATEWAY, envelope.epoch, item.seq
            hashed = wire.payload_hash(item.body)
            self.again += key in self.kept
            self.clashes += self._hashes.setdefault(key, hashed) != hashed
            self.kept.setdefault(key, fact)
            self.arrived.append((lane, fact))
            kept.append(item.seq)
            if isinstance(fact, Capture) and lane is Lane.LIVE:
                decisions.append(self.decision(item.seq, fact))
        if decisions and not self.silent:
            message = wire.Decisions(wire.VERSION, envelope.epoch, tuple(decisions))
            self.down(Channel.DECISION, wire.encode(message), qos=0)
        if not self.forgetful:
            receipt = Receipt(kept=tuple(kept), rejected=tuple(rejected))
            self.down(Channel.RECEIPT, wire.encode(wire.Receipts(wire.VERSION, envelope.epoch, receipt)))

    def decision(self, seq: int, capture: Capture) -> Decision:
        """What it would decide."""
        now = datetime.now(UTC)
        return Decision(
            seq=seq,
            door=capture.door,
            outcome=Outcome.GRANTED if self._opens else Outcome.DENIED,
            opens=self._opens,
            reason="granted" if self._opens else "no_right",
            decided_at=now,
            expires_at=now + timedelta(seconds=5),
        )

    def _answer(self, have: wire.Have) -> None:
        self.asked.append(have)
        rows = self.rows[have.name]
        digest = sets.digest((key, sets.row_hash(plain)) for key, plain in rows.items())
        same = have.version == self.version and have.digest == digest
        put = {} if same else {key: sets.seal(self._key, have.name, key, plain) for key, plain in rows.items()}
        base = have.version if same else 0
        keys = list(put)
        for start in range(0, max(1, len(keys)), 1_000):
            part = {key: put[key] for key in keys[start : start + 1_000]}
            last = start + 1_000 >= len(keys)
            delta = wire.SetDelta(
                v=wire.VERSION, name=have.name, base=base, version=self.version, digest=digest, put=part, drop=(),
                last=last,
            )  # fmt: skip
            self.down(Channel.SET, wire.encode(delta))


class DeviceClient:
    """A device on the link: keeps every event until it is stored, and offers it again on every connection."""

    def __init__(self, devices: Sequence[str] = ("dev-1",)) -> None:
        self.devices = tuple(devices)
        self.unsafe: dict[str, Presented] = {}
        self.stored: Counter[str] = Counter()
        self.refused: list[Refused] = []
        self.moves: list[DoorMove] = []
        self.closed = threading.Event()
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self.number = 0
        self._lock = threading.Lock()

    def connect(self, port: int) -> "DeviceClient":
        """Connect and offer again whatever is not known to be safe."""
        self.close()
        self.closed.clear()
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._thread = threading.Thread(target=self._read, args=(self._socket,), name="device")
        self._thread.start()
        self.send([Hello(devices=self.devices)])
        with self._lock:
            again = list(self.unsafe.values())
        now = datetime.now(UTC)
        for start in range(0, len(again), 64):
            events = [msgspec.structs.replace(event, handed_at=now) for event in again[start : start + 64]]
            self.send(events)
        return self

    def present(self, contents: Sequence[Content | None], *, prefix: str = "e", **fields: object) -> list[str]:
        """New events, numbered by this device; None stands for a drawn embedding."""
        now = datetime.now(UTC)
        events = []
        for content in contents:
            self.number += 1
            name = f"{prefix}{self.number:06d}"
            values = {"device": self.devices[0], "device_time": now, "handed_at": now, **fields}
            events.append(Presented(device_event=name, content=content or drawn(self.number), **values))  # type: ignore[arg-type]
        with self._lock:
            self.unsafe.update({event.device_event: event for event in events})
        self.send(events)
        return [event.device_event for event in events]

    def send(self, messages: Sequence[Up]) -> None:
        """Send a frame; a broken connection loses it."""
        self.send_bytes(encode(messages))

    def send_bytes(self, data: bytes) -> None:
        """Send anything."""
        try:
            if self._socket is not None:
                self._socket.sendall(data)
        except OSError:
            self.closed.set()

    def fire(self, on: bool) -> None:
        """The fire input."""
        self.send([FireSignal(on=on)])

    def close(self) -> None:
        """Hang up."""
        if self._socket is not None and self._thread is not None:
            try:
                self._socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                self.closed.set()
            self._thread.join()
            self._socket.close()
            self._socket = self._thread = None

    def _read(self, sock: socket.socket) -> None:
        frames = FrameBuffer()
        while True:
            try:
                data = sock.recv(65536)
            except OSError:
                data = b""
            if not data:
                self.closed.set()
                return
            for body in frames.feed(data):
                for message in decode_down(body):
                    self._told(message)

    def _told(self, message: Down) -> None:
        with self._lock:
            if isinstance(message, Stored):
                self.stored[message.device_event] += 1
                self.unsafe.pop(message.device_event, None)
            elif isinstance(message, Refused):
                self.refused.append(message)
                if not message.again:
                    self.unsafe.pop(message.device_event, None)
            else:
                self.moves.append(message)


def drawn(number: int) -> Drawn:
    """A drawn embedding, the same for a number."""
    vector = np.random.default_rng(number).normal(size=128)
    return Drawn(model=MODEL, embedding=vector.astype("<f4").tobytes())


def configure(var: Path, *devices: str) -> Path:
    """A gateway's folder with its file and the estate's key; the folder is returned."""
    Vault.open(settings_of(var)).create(ESTATE)
    folder = var / "gateways" / GATEWAY
    folder.mkdir(parents=True, exist_ok=True)
    head = f'[gateway]\nid = "{GATEWAY}"\nestate = "{ESTATE}"\n'
    (folder / "gateway.toml").write_text(head + "\n".join(devices or [LINK_DEVICE]), encoding="utf-8")
    return folder


def settings_of(var: Path, **changes: object) -> Settings:
    """Settings of a test."""
    return Settings(var_dir=var, **changes)  # type: ignore[arg-type]


def key_of(var: Path) -> EstateKey:
    """The estate's key."""
    return Vault.open(settings_of(var)).estate(ESTATE)


def paho_server(url: str, var: Path) -> Server:
    """A server on a real broker."""
    return Server(lambda: PahoLink(url, f"server-{var.name}", Server.filters()), key_of(var))


def memory_server(broker: MemoryBroker, var: Path) -> Server:
    """A server on a broker in memory."""
    server = Server(lambda: MemoryLink(broker, "server", Server.filters()), key_of(var))
    server.broker = broker
    return server


@contextmanager
def running(
    var: Path,
    broker: MemoryBroker | str,
    *,
    looks: Sequence[Looks] = (),
    links: list[MemoryLink] | None = None,
    decide_alone_ms: int = 1_500,
) -> Iterator[GatewayService]:
    """A gateway in this process, on a broker in memory or at an address; stopped cleanly at the end.

    `links` gets the gateway's link in memory, for tests that cut it.
    """
    folder = var / "gateways" / GATEWAY
    settings = settings_of(var, decide_alone_ms=decide_alone_ms)

    def make_link(connected: Callable[[], None]) -> Link:
        filters = subscriptions(ESTATE, GATEWAY)
        if isinstance(broker, str):
            return PahoLink(broker, f"gateway-{GATEWAY}-{var.name}", filters, on_connect=connected)
        link = _Standing(MemoryLink(broker, GATEWAY, filters), connected)
        if links is not None:
            links.append(link)
        return link

    service = GatewayService(
        settings, load_config(folder, GATEWAY), key_of(var), folder=folder, make_link=make_link, looks=looks,
        clock=SystemClock(),
    )  # fmt: skip
    stop = threading.Event()
    (folder / "link.json").unlink(missing_ok=True)
    thread = threading.Thread(target=service.run, args=(stop,), name="gateway")
    thread.start()
    try:
        assert eventually((folder / "link.json").exists)
        yield service
    finally:
        stop.set()
        thread.join()


class _Standing(MemoryLink):
    """A link in memory that says when it stands, as the real one does."""

    def __init__(self, link: MemoryLink, connected: Callable[[], None]) -> None:
        self.__dict__.update(link.__dict__)
        self._said = connected

    def start(self) -> None:
        super().start()
        self._said()


def port_of(folder: Path) -> int:
    """Where the gateway of `folder` listens for devices."""
    return int(json.loads((folder / "link.json").read_text())["port"])
