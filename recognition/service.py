"""The recognition service: captures in, decisions out at once, sightings committed, receipts, acknowledgements last.

One thread reads and decides, one commits, one follows the registry. A micro-batch is whatever waits when the last one
is done: alone in a quiet hour, many together in a busy one, with no timer in between.
"""

import threading
from collections.abc import Mapping, Sequence
from datetime import timedelta

import structlog
from prometheus_client import Counter, Histogram
from sqlalchemy.engine import Engine

from core import topics, wire
from core.clock import Clock, to_us
from core.errors import AnjuError
from core.live import Live
from core.mqtt import Link, Message
from core.runtime import Check
from core.settings import Settings
from core.topics import Address, Channel
from core.vault import Vault
from recognition import intake, recording, threshold_files
from recognition.answering import Answering, Answers
from recognition.intake import DeadLetter
from recognition.registry import Registry
from recognition.seen import Seen
from recognition.store import Batch, ShardWriter
from recognition.writing import Work, Writing

log = structlog.get_logger(__name__)
POLL_S = 0.2
LANES = {f"/{Channel.LIVE}", f"/{Channel.REPLAY}"}

answer_seconds = Histogram(
    "anju_answer_seconds", "From a micro-batch taken to its decisions published",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0),
)  # fmt: skip
decisions_unsent_total = Counter("anju_decisions_unsent_total", "Decisions the link could not take")


class WritingFailed(AnjuError):
    """The sightings log cannot be written by this process any more."""

    code = "writing_failed"


def subscriptions(estates: Sequence[str]) -> list[tuple[str, int]]:
    """What recognition listens to: the lanes, questions and health of its estates, or of all."""
    filters: list[tuple[str, int]] = []
    for channel in (Channel.LIVE, Channel.REPLAY, Channel.PULL, Channel.HEALTH):
        named = [topics.everyone(estate, channel) for estate in estates]
        filters += [(name, 1) for name in named or [topics.anybody(channel)]]
    return filters


class RecognitionService:
    """Wires the parts and turns the loop; holds the clock."""

    def __init__(
        self,
        settings: Settings,
        *,
        link: Link,
        live: Live,
        own: Engine,
        own_read: Engine,
        housing: Engine,
        clock: Clock,
    ) -> None:
        self._settings, self._link, self._clock = settings, link, clock
        owner = f"{settings.shard}@{to_us(clock.now())}"
        writer = ShardWriter.take(own, settings.shard, owner=owner, now=clock.now())
        self._writing = Writing(writer, link, live, commit_max=settings.commit_max)
        measured = threshold_files.read_all(settings.var_dir)
        for one in measured.values():
            log.info("thresholds_of_the_site", model=one.thresholds.model, sizes=len(one.thresholds.rows))
        vault = Vault.open(settings)
        self._registry = Registry(housing, vault, link, live, clock, only=settings.estate_list, measured=measured)
        self._answering = Answering(
            Seen(own_read),
            self._registry.views,
            vault.estate,
            life=timedelta(milliseconds=settings.decision_life_ms),
            clock_slack=timedelta(seconds=settings.clock_slack_s),
            measured=measured,
        )

    def checks(self) -> Mapping[str, Check]:
        """Broker there, registry loaded, log writable."""
        return {
            "broker": lambda: self._link.connected,
            "registry": self._registry.loaded.is_set,
            "log": lambda: not self._writing.failed.is_set(),
        }

    def run(self, stop: threading.Event) -> None:
        """Work until `stop`; raises WritingFailed when another process owns the shard."""
        self._registry.start()
        self._writing.start()
        self._link.start()
        try:
            while not stop.is_set():
                messages = self._link.receive(self._settings.batch_max, POLL_S)
                if messages and not self._handle(messages):
                    raise WritingFailed(
                        "识别记录无法写入，本进程停止。", "The sightings log cannot be written; this process stops."
                    )
        finally:
            self._writing.drain()
            self._registry.stop()
            self._link.stop()

    def _handle(self, messages: Sequence[Message]) -> bool:
        """One micro-batch of deliveries; False when it could not be handed over for writing."""
        now = self._clock.now()
        with answer_seconds.time():
            read = intake.read([message for message in messages if _in_lanes(message)])
            answers = self._answering.answer(read, now)
            self._publish(answers)
        self._aside([message for message in messages if not _in_lanes(message)], answers.batch)
        return self._writing.put(Work(messages, answers))

    def _publish(self, answers: Answers) -> None:
        for (address, epoch), decisions in answers.decisions.items():
            topic = Address(address.estate, address.gateway, Channel.DECISION).topic()
            payload = wire.encode(wire.Decisions(wire.VERSION, epoch, tuple(decisions)))
            if not self._link.publish(topic, payload, qos=0):
                decisions_unsent_total.inc(len(decisions))

    def _aside(self, messages: Sequence[Message], batch: Batch) -> None:
        """Questions and health of gateways: nothing that a door waits for."""
        now_us = to_us(self._clock.now())
        for message in messages:
            try:
                address = topics.parse(message.topic)
                if address.channel is Channel.PULL:
                    self._registry.ask(address, wire.decode(message.payload, wire.Have))
                elif address.channel is Channel.HEALTH:
                    health = wire.decode(message.payload, wire.Health).health
                    batch.statuses.append(recording.status_row(address, health, now_us))
                    batch.outages += recording.outage_rows(address, health)
            except (topics.UnknownTopic, wire.WireError) as error:
                letter = DeadLetter(
                    topic=message.topic,
                    reason=error.code,
                    detail=str(error),
                    payload=message.payload[: intake.SNIPPET_BYTES],
                )
                batch.rejected.append(recording.dead_letter_row(letter, now_us))


def _in_lanes(message: Message) -> bool:
    return any(message.topic.endswith(lane) for lane in LANES)
