"""Is it serving? Asked in the protocol itself: a port that accepts says nothing about the server behind it."""

import http.client
import socket
import ssl
import struct
import uuid
from urllib.parse import unquote, urlsplit

import psycopg
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from anju.launcher.spec import NotReady, Probe

TIMEOUT_S = 2.0
_CONNACK_REASONS = {
    1: "protocol refused",
    2: "client id refused",
    3: "unavailable",
    4: "bad login",
    5: "not authorised",
}


def mqtt_connect_packet(client_id: str, user: str | None, password: str | None) -> bytes:
    """An MQTT 3.1.1 CONNECT with a clean session and no keep-alive (OASIS standard, 3.1)."""
    words = [client_id, *(word for word in (user, password) if word is not None)]
    flags = 0b0000_0010 | (user is not None) << 7 | (password is not None) << 6  # clean session, user name, password
    body = _mqtt_text("MQTT") + bytes([4, flags, 0, 0]) + b"".join(map(_mqtt_text, words))
    return b"\x10" + _remaining_length(len(body)) + body


def mqtt(url: str) -> Probe:
    """Ready when mqtt[s]://[user:password@]host[:port] lets a client in: NATS then has its JetStream sessions too."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (8883 if parts.scheme == "mqtts" else 1883)
    user, password = (None if word is None else unquote(word) for word in (parts.username, parts.password))

    def probe() -> None:
        with socket.create_connection((host, port), TIMEOUT_S) as raw:
            link = (
                ssl.create_default_context().wrap_socket(raw, server_hostname=host) if parts.scheme == "mqtts" else raw
            )
            link.sendall(mqtt_connect_packet(f"probe-{uuid.uuid4().hex[:12]}", user, password))
            answer = _receive(link, 4)
            link.sendall(b"\xe0\x00")  # DISCONNECT
        if answer[:2] != b"\x20\x02":
            raise NotReady(f"no MQTT server on port {port}")
        if answer[3]:
            raise NotReady(f"MQTT connection refused: {_CONNACK_REASONS.get(answer[3], answer[3])}")

    return probe


def live(url: str) -> Probe:
    """Ready when the Redis or Valkey at `url` answers PING (one that still loads its data refuses)."""

    def probe() -> None:
        options = {"socket_timeout": TIMEOUT_S, "socket_connect_timeout": TIMEOUT_S, "retry": Retry(NoBackoff(), 0)}
        with redis.Redis.from_url(url, **options) as client:
            try:
                client.ping()
            except redis.RedisError as error:
                raise NotReady(str(error)) from error

    return probe


def database(url: str) -> Probe:
    """Ready when the PostgreSQL at `url` answers a query."""

    def probe() -> None:
        try:
            with psycopg.connect(url, connect_timeout=2) as link:
                link.execute("SELECT 1")
        except psycopg.OperationalError as error:
            raise NotReady(str(error).strip().splitlines()[-1]) from error

    return probe


def http_ok(url: str) -> Probe:
    """Ready when GET of a loopback `url` answers 200; else the reason is the first line of its answer."""
    parts = urlsplit(url)

    def probe() -> None:
        link = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
        try:
            link.request("GET", parts.path or "/")
            answer = link.getresponse()
            body = answer.read(2048).decode("utf-8", "replace")
        except http.client.HTTPException as error:
            raise NotReady(f"no HTTP server on port {parts.port}") from error
        finally:
            link.close()
        if answer.status != http.client.OK:
            raise NotReady(f"{answer.status} {body.partition(chr(10))[0][:200]}")

    return probe


def _receive(link: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        part = link.recv(count - len(data))
        if not part:
            raise NotReady("the connection was closed")
        data += part
    return data


def _mqtt_text(text: str) -> bytes:
    raw = text.encode()
    return struct.pack(">H", len(raw)) + raw


def _remaining_length(value: int) -> bytes:
    encoded = bytearray()
    while True:
        value, digit = divmod(value, 128)
        encoded.append(digit | (0x80 if value else 0))
        if not value:
            return bytes(encoded)
