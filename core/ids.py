"""Identifiers: what an id may look like, and how new ones are made."""

import os
import re
import time
from typing import NewType

from core.errors import InvalidValue

EstateId = NewType("EstateId", str)
GatewayId = NewType("GatewayId", str)
DoorId = NewType("DoorId", str)
HomeId = NewType("HomeId", str)
PersonId = NewType("PersonId", str)

MAX_ID = 64
# One level of an MQTT topic on every broker: no separator, no wildcard, no `.` (NATS maps it to a subject separator).
_TOPIC_LEVEL = re.compile(r"[A-Za-z0-9_-]{1,64}")
# Names given by a housing office: any printable text of one line, Chinese included.
_PLAIN = re.compile(r"[^\x00-\x1f\x7f\s](?:[^\x00-\x1f\x7f]{0,62}[^\x00-\x1f\x7f\s])?")


def check_topic_id(value: str, what: str) -> str:
    """Return `value` if it can stand as one MQTT topic level (estates, gateways, doors), else raise InvalidValue."""
    if not _TOPIC_LEVEL.fullmatch(value):
        raise InvalidValue(
            f"{what}编号“{value[:MAX_ID]}”无效：只能用英文字母、数字、“-”和“_”，1至64个字符。",
            f"{what} id {value[:MAX_ID]!r} is invalid: use 1 to 64 letters, digits, '-' or '_'.",
        )
    return value


def check_id(value: str, what: str) -> str:
    """Return `value` if it is 1 to 64 printable characters without outer spaces, else raise InvalidValue."""
    if not _PLAIN.fullmatch(value):
        raise InvalidValue(
            f"{what}编号“{value[:MAX_ID]}”无效：应为1至64个可见字符，首尾不能有空格。",
            f"{what} id {value[:MAX_ID]!r} is invalid: use 1 to 64 printable characters without outer spaces.",
        )
    return value


def new_id() -> str:
    """A fresh id of 32 hexadecimal characters that sorts by the millisecond it was made in (as UUIDv7, RFC 9562)."""
    value = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return f"{value:032x}"
