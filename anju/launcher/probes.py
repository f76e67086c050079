"""Is it serving? Asked in the protocol itself: a port that accepts says nothing about the server behind it."""

import http.client
import socket
import struct
import uuid
from urllib.parse import urlsplit

from anju.launcher.credentials import Login
from anju.launcher.ports import LOOPBACK
from anju.launcher.spec import NotReady, Probe

TIMEOUT_S = 2.0
_CONNACK_REASONS = {
    1: "protocol refused",
    2: "client id refused",
    3: "unavailable",
    4: "bad login",
    5: "not authorised",
}


def mqtt_connect_packet(login: Login, client_id: str) -> bytes:
    """An MQTT 3.1.1 CONNECT with a clean session and no keep-alive (OASIS standard, 3.1)."""
    flags = 0b1100_0010  # user name, password, clean session
    payload = b"".join(_mqtt_text(text) for text in (client_id, login.user, login.password))
    body = _mqtt_text("MQTT") + bytes([4, flags, 0, 0]) + payload
    return b"\x10" + _remaining_length(len(body)) + body


def mqtt(port: int, login: Login) -> Probe:
    """Ready when a client is let in: with NATS that includes its JetStream, which holds the sessions."""

    def probe() -> None:
        with socket.create_connection((LOOPBACK, port), TIMEOUT_S) as link:
            link.sendall(mqtt_connect_packet(login, f"probe-{uuid.uuid4().hex[:12]}"))
            answer = _receive(link, 4)
            link.sendall(b"\xe0\x00")  # DISCONNECT
        if answer[:2] != b"\x20\x02":
            raise NotReady(f"no MQTT server on port {port}")
        if answer[3]:
            raise NotReady(f"MQTT connection refused: {_CONNACK_REASONS.get(answer[3], answer[3])}")

    return probe


def redis(port: int, login: Login) -> Probe:
    """Ready when PING is answered: a server that still loads its data says LOADING."""

    def probe() -> None:
        with socket.create_connection((LOOPBACK, port), TIMEOUT_S) as link:
            link.sendall(_resp("AUTH", login.user, login.password) + _resp("PING"))
            with link.makefile("rb") as answers:
                for wanted in (b"+OK\r\n", b"+PONG\r\n"):
                    answer = answers.readline(512)
                    if answer != wanted:
                        raise NotReady(f"Redis answered {answer.decode('utf-8', 'replace').strip()!r}")

    return probe


def http_ok(url: str) -> Probe:
    """Ready when GET of a loopback `url` answers 200; else the reason is the first line of its answer."""
    parts = urlsplit(url)

    def probe() -> None:
        link = http.client.HTTPConnection(parts.hostname or LOOPBACK, parts.port, timeout=TIMEOUT_S)
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


def _resp(*words: str) -> bytes:
    parts = [f"*{len(words)}\r\n".encode()]
    parts += [b"$%d\r\n%s\r\n" % (len(raw), raw) for raw in (word.encode() for word in words)]
    return b"".join(parts)
