"""MQTT topics: `anju/<version>/<estate>/<gateway>/<up|down>/<lane>`.

A gateway may publish and read only under its own estate and name: one line in the broker's access list.
"""

import re
from enum import StrEnum

import msgspec

from core.errors import AnjuError
from core.facts import Lane
from core.ids import check_topic_id

ROOT = "anju"
VERSION = 1


class Channel(StrEnum):
    """The last two levels of a topic."""

    LIVE = "up/live"
    REPLAY = "up/replay"
    PULL = "up/pull"  # what the gateway has, version by version
    HEALTH = "up/health"
    DECISION = "down/decision"
    RECEIPT = "down/receipt"
    SET = "down/set"  # the difference of a versioned set
    WAKE = "down/wake"  # something changed: pull now


LANES = {Channel.LIVE: Lane.LIVE, Channel.REPLAY: Lane.REPLAY}
_TOPIC = re.compile(rf"{ROOT}/(\d+)/([A-Za-z0-9_-]+)/([A-Za-z0-9_-]+)/((?:up|down)/[a-z]+)")


class UnknownTopic(AnjuError):
    """A topic that is not ours, or of a version we do not speak."""

    code = "unknown_topic"


class Address(msgspec.Struct, frozen=True):
    """Whose topic it is, and which channel."""

    estate: str
    gateway: str
    channel: Channel

    def __post_init__(self) -> None:
        check_topic_id(self.estate, "estate")
        check_topic_id(self.gateway, "gateway")

    def topic(self) -> str:
        """The topic to publish on."""
        return f"{ROOT}/{VERSION}/{self.estate}/{self.gateway}/{self.channel}"


def parse(topic: str) -> Address:
    """The address behind a topic; raises UnknownTopic."""
    match = _TOPIC.fullmatch(topic)
    if match is None or int(match[1]) != VERSION or match[4] not in set(Channel):
        raise UnknownTopic(f"无法识别的主题“{topic[:120]}”。", f"Unknown topic {topic[:120]!r}.")
    return Address(estate=match[2], gateway=match[3], channel=Channel(match[4]))


def everyone(estate: str, channel: Channel) -> str:
    """A subscription to one channel of all gateways of an estate."""
    return f"{ROOT}/{VERSION}/{check_topic_id(estate, 'estate')}/+/{channel}"


def anybody(channel: Channel) -> str:
    """A subscription to one channel of all gateways of all estates."""
    return f"{ROOT}/{VERSION}/+/+/{channel}"
