"""The link to the broker: MQTT 3.1.1, QoS 1, a persistent session, acknowledged by hand in arrival order.

A message is acknowledged by whoever has made it safe, never by its arrival. Brokers deliver again what was not
acknowledged, so everything behind a link is idempotent. Only what every broker supports is used: no shared
subscriptions, no MQTT 5 properties, no `$SYS`.
"""

import contextlib
import queue
import random
import socket
import ssl
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

import msgspec
import paho.mqtt.client as paho
import structlog
from paho.mqtt.enums import CallbackAPIVersion
from prometheus_client import Counter, Gauge

from core.errors import AnjuError

log = structlog.get_logger(__name__)
KEEPALIVE_S = 20
SUBACK_FAILURE = 128

connects_total = Counter("anju_mqtt_connects_total", "Times the link to the broker was made")
connected_gauge = Gauge("anju_mqtt_connected", "1 while the link to the broker stands")
refused_total = Counter("anju_mqtt_subscriptions_refused_total", "Subscriptions that the broker refused")


class BrokerUrlWrong(AnjuError):
    """The broker's address cannot be used."""

    code = "broker_url_wrong"


class Message(msgspec.Struct, frozen=True):
    """One delivery. `token` is what `ack` needs; 0 for QoS 0, which needs none."""

    topic: str
    payload: bytes
    token: int
    generation: int  # of the connection it came by: an acknowledgement cannot cross a reconnect


class Link(Protocol):
    """A way to publish and to receive; `PahoLink` is the real one, `MemoryLink` its twin for tests."""

    def start(self) -> None:
        """Connect in the background and keep connecting."""
        ...

    def publish(self, topic: str, payload: bytes, *, qos: int = 1) -> bool:
        """Hand a message to the broker or to the queue towards it; False when it can take no more now."""
        ...

    def receive(self, max_items: int, timeout: float) -> list[Message]:
        """Wait up to `timeout` seconds for a first message, then take what is there, up to `max_items`, in order."""
        ...

    def ack(self, messages: Iterable[Message]) -> None:
        """Acknowledge deliveries; the caller keeps them in arrival order."""
        ...

    @property
    def connected(self) -> bool:
        """Whether the broker answers at this moment."""
        ...

    def stop(self) -> None:
        """Leave cleanly; the session stays at the broker."""
        ...


class PahoLink:
    """A link over paho-mqtt's network thread.

    Args:
        url: `mqtt://[user:password@]host:port`, or `mqtts://` for TLS.
        client_id: Fixed for a service: the broker keeps the session under this name.
        subscriptions: (topic filter, QoS) pairs, made anew at every connection.
        max_queued: Messages published but not yet taken by the broker; over it `publish` says False.
        on_connect: Called in the network thread after subscriptions are granted.
    """

    def __init__(
        self,
        url: str,
        client_id: str,
        subscriptions: Iterable[tuple[str, int]] = (),
        *,
        max_queued: int = 10_000,
        on_connect: Callable[[], None] | None = None,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"mqtt", "mqtts"} or not parts.hostname:
            raise BrokerUrlWrong(
                "消息服务器地址MQTT_URL无效。",
                "MQTT_URL is not an address of a broker.",
                mend_zh="格式：mqtt://用户:密码@主机:端口。",
                mend_en="Write mqtt://user:password@host:port.",
            )
        self._host, self._port = parts.hostname, parts.port or (8883 if parts.scheme == "mqtts" else 1883)
        self._subscriptions = list(subscriptions)
        self._on_connect = on_connect
        self._inbox: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._generation = 0
        self._ready = threading.Event()
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=False,
            protocol=paho.MQTTv311,
            manual_ack=True,
        )
        if parts.username is not None:
            client.username_pw_set(unquote(parts.username), unquote(parts.password or ""))
        if parts.scheme == "mqtts":
            client.tls_set_context(ssl.create_default_context())
        client.max_inflight_messages_set(256)
        client.max_queued_messages_set(max_queued)
        client.on_connect = self._connected
        client.on_disconnect = self._disconnected
        client.on_subscribe = self._subscribed
        client.on_message = self._arrived
        client.on_socket_open = _send_at_once
        self._client = client

    def start(self) -> None:
        self._jitter()
        self._client.connect_async(self._host, self._port, KEEPALIVE_S)
        self._client.loop_start()

    def _jitter(self) -> None:
        """Backoff doubles from under a second to about half a minute; the spread keeps gateways from coming at once."""
        self._client.reconnect_delay_set(random.uniform(0.2, 1.0), random.uniform(8.0, 30.0))  # type: ignore[arg-type]  # noqa: S311

    def _connected(self, client: paho.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            log.warning("broker_refused", reason=str(reason))
            return
        self._generation += 1
        connects_total.inc()
        if self._subscriptions:
            client.subscribe(self._subscriptions)
        else:
            self._stand()

    def _subscribed(self, _client: Any, _data: Any, _mid: int, reasons: list[Any], _properties: Any) -> None:
        refused = [t for (t, _), r in zip(self._subscriptions, reasons, strict=False) if r.value >= SUBACK_FAILURE]
        if refused:
            refused_total.inc(len(refused))
            log.error("subscription_refused", topics=refused, mend="allow these topics in the broker's access list")
        self._stand()

    def _stand(self) -> None:
        self._ready.set()
        connected_gauge.set(1)
        log.info("broker_connected", host=self._host, port=self._port)
        if self._on_connect is not None:
            self._on_connect()

    def _disconnected(self, _client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        self._ready.clear()
        connected_gauge.set(0)
        self._jitter()
        if reason.is_failure:
            log.warning("broker_lost", reason=str(reason))

    def _arrived(self, _client: Any, _data: Any, message: paho.MQTTMessage) -> None:
        token = message.mid if message.qos else 0
        self._inbox.put(Message(message.topic, bytes(message.payload), token, self._generation))

    def publish(self, topic: str, payload: bytes, *, qos: int = 1) -> bool:
        if qos == 0 and not self._ready.is_set():
            return False
        return self._client.publish(topic, payload, qos).rc in {paho.MQTT_ERR_SUCCESS, paho.MQTT_ERR_NO_CONN}

    def receive(self, max_items: int, timeout: float) -> list[Message]:
        return drain(self._inbox, max_items, timeout)

    def ack(self, messages: Iterable[Message]) -> None:
        for message in messages:
            if message.token and message.generation == self._generation:
                self._client.ack(message.token, 1)

    @property
    def connected(self) -> bool:
        return self._ready.is_set()

    def wait_connected(self, timeout: float) -> bool:
        """Whether the link stood within `timeout` seconds."""
        return self._ready.wait(timeout)

    def stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()
        connected_gauge.set(0)


def _send_at_once(_client: Any, _data: Any, sock: Any) -> None:
    """Small messages do not wait for the last one's acknowledgement: without this a decision took 40 ms more."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def drain(inbox: "queue.SimpleQueue[Message]", max_items: int, timeout: float) -> list[Message]:
    """The first message waits up to `timeout`; the others are taken if they are there."""
    taken: list[Message] = []
    with contextlib.suppress(queue.Empty):
        taken.append(inbox.get(timeout=timeout) if timeout > 0 else inbox.get_nowait())
        while len(taken) < max_items:
            taken.append(inbox.get_nowait())
    return taken


class MemoryBroker:
    """A broker in memory with the promises we use: persistent sessions, redelivery of what was not acknowledged."""

    def __init__(self) -> None:
        self._sessions: dict[str, OrderedDict[int, Message]] = {}
        self._filters: dict[str, list[tuple[str, int]]] = {}
        self._live: dict[str, MemoryLink] = {}
        self._next = 0
        self._lock = threading.Lock()

    def attach(self, link: "MemoryLink", client_id: str, subscriptions: list[tuple[str, int]]) -> None:
        """Open (or take up again) a session; everything unacknowledged comes again, in order."""
        with self._lock:
            self._live[client_id] = link
            self._filters[client_id] = subscriptions
            for message in self._sessions.setdefault(client_id, OrderedDict()).values():
                link.inbox.put(message)

    def detach(self, client_id: str) -> None:
        """The client went away; its session stays."""
        with self._lock:
            self._live.pop(client_id, None)

    def publish(self, topic: str, payload: bytes, qos: int) -> None:
        """Deliver to every matching session; QoS 0 reaches only who is there."""
        with self._lock:
            for client_id, filters in self._filters.items():
                granted = [q for f, q in filters if paho.topic_matches_sub(f, topic)]
                if not granted:
                    continue
                self._next += 1
                message = Message(topic, payload, self._next if min(qos, max(granted)) else 0, 0)
                if message.token:
                    self._sessions[client_id][message.token] = message
                if client_id in self._live:
                    self._live[client_id].inbox.put(message)

    def acknowledge(self, client_id: str, token: int) -> None:
        """Forget one delivery."""
        with self._lock:
            self._sessions[client_id].pop(token, None)

    def wipe(self) -> None:
        """Lose everything queued, as a broker without disk does when it dies."""
        with self._lock:
            for session in self._sessions.values():
                session.clear()


class MemoryLink:
    """A link to a MemoryBroker."""

    def __init__(self, broker: MemoryBroker, client_id: str, subscriptions: Iterable[tuple[str, int]] = ()) -> None:
        self.inbox: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._broker, self._client_id, self._subscriptions = broker, client_id, list(subscriptions)
        self._connected = False

    def start(self) -> None:
        self._broker.attach(self, self._client_id, self._subscriptions)
        self._connected = True

    def publish(self, topic: str, payload: bytes, *, qos: int = 1) -> bool:
        if self._connected:
            self._broker.publish(topic, payload, qos)
        return self._connected

    def receive(self, max_items: int, timeout: float) -> list[Message]:
        return drain(self.inbox, max_items, timeout)

    def ack(self, messages: Iterable[Message]) -> None:
        for message in messages:
            if message.token:
                self._broker.acknowledge(self._client_id, message.token)

    @property
    def connected(self) -> bool:
        return self._connected

    def stop(self) -> None:
        self._connected = False
        self._broker.detach(self._client_id)
