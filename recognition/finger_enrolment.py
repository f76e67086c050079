"""Enrolment of a finger: impressions of a person who consented become sealed records. Pictures are not kept.

Two impressions of a finger at least are asked for: what one press misses of it the other shows, and a finger whose
impressions are not found alike would not be found at a door. Whatever is wrong is said in words before anything is
written, and all is written or nothing. Several fingers are enrolled one after the other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from sqlalchemy.engine import Connection

from core import texts
from core.errors import AnjuError
from core.facts import Modality
from core.ids import new_id
from core.vault import EstateKey
from housing.registry import writing
from recognition.enrolment import QUALITY_LEAST, Advice, Enrolled
from recognition.fingers import features
from recognition.fingers.gallery import second_look
from recognition.fingers.minutiae import best_view, from_view
from recognition.fingers.records import UNKNOWN_QUALITY, decode
from recognition.loading import template_place
from recognition.thresholds import TABLES, ThresholdTable, table_of

IMPRESSIONS_ASKED = 2
IMPRESSIONS_MOST = 8

texts.register(
    {
        "enrol_another_impression": (
            "建议同一手指再采集一次：两次采集可明显减少误拒",
            "Take the same finger once more: two impressions make wrong refusals much rarer",
        ),
        "finger_quality_low": (
            "采集质量{value:.0%}（至少{limit:.0%}），请擦净手指和采集窗后重按",
            "its quality is {value:.0%} (at least {limit:.0%}): wipe finger and window and press again",
        ),
        "finger_features_few": (
            "可用的特征点太少，请擦净手指，放平、居中、稍用力按压",
            "too few features can be used: wipe the finger, lay it flat and centred, press a little",
        ),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Impression:
    """One press of a finger.

    Attributes:
        record: ISO/IEC 19794-2 or ANSI 378; never shown in a representation.
        model: what found its minutiae.
        quality: 0..1.
        reasons: what stands in the way of a better quality.
    """

    record: bytes = field(repr=False)
    model: str
    quality: float
    reasons: tuple[Advice, ...] = ()


def from_record(record: bytes, model: str) -> Impression:
    """What an enrolment reader gives: the quality is the record's own, and 1 where it tells none. Raises BadRecord."""
    told = best_view(decode(record)).quality
    quality = told / 100 if told <= 100 else float(told == UNKNOWN_QUALITY)  # 255: the reader itself failed
    reasons = (Advice("finger_quality_low", {"value": quality, "limit": QUALITY_LEAST}),)
    return Impression(record=record, model=model, quality=quality, reasons=reasons if quality < QUALITY_LEAST else ())


class ImpressionRefused(AnjuError):
    """An impression that cannot be enrolled; `number` counts the impressions given from 1."""

    code = "impression_refused"

    def __init__(self, zh: str, en: str, *, number: int = 1) -> None:
        super().__init__(zh, en, mend_zh="请重新采集这枚手指。", mend_en="Take this finger again.")
        self.number = number


def enrol_finger(
    connection: Connection,
    key: EstateKey,
    *,
    estate: str,
    person: str,
    impressions: Sequence[Impression],
    actor: str,
    now: datetime,
    tables: Mapping[str, ThresholdTable] = TABLES,
) -> Enrolled:
    """Write one sealed record an impression of one finger, in the caller's transaction, and audit it.

    Raises:
        ImpressionRefused: one is too poor, or they do not show the same finger.
        BadRecord: bytes that are no finger record.
        UnmeasuredModel: nobody has measured a threshold for what found the minutiae.
        AnjuError: no live consent to fingers, an unknown person or estate (`housing.registry.writing.store_template`).
    """
    check(impressions, tables)
    written = tuple(
        _store(connection, key, estate=estate, person=person, one=one, actor=actor, now=now) for one in impressions
    )
    advice = [reason for one in impressions for reason in one.reasons]
    if len(impressions) < IMPRESSIONS_ASKED:
        advice.append(Advice("enrol_another_impression"))
    return Enrolled(templates=written, advice=tuple(advice))


def check(impressions: Sequence[Impression], tables: Mapping[str, ThresholdTable] = TABLES) -> None:
    """Raise unless these impressions can be the templates of one finger; see `enrol_finger`."""
    if not 0 < len(impressions) <= IMPRESSIONS_MOST:
        raise ImpressionRefused(
            f"请采集1至{IMPRESSIONS_MOST}次，建议{IMPRESSIONS_ASKED}次。",
            f"Give 1 to {IMPRESSIONS_MOST} impressions, better {IMPRESSIONS_ASKED}.",
        )
    for number, one in enumerate(impressions, 1):
        if one.quality < QUALITY_LEAST:
            _refuse_poor(number, one.reasons)
    _one_finger(impressions, table_of(impressions[0].model, tables))


def _one_finger(impressions: Sequence[Impression], table: ThresholdTable) -> None:
    """All of one extractor, each with enough to compare, and every two alike enough to be one finger's."""
    records = [decode(one.record) for one in impressions]
    minutiae = [from_view(record, best_view(record)) for record in records]
    held, probes = features.of_enrolled(minutiae), features.of_probes(minutiae)
    for number, usable in enumerate(held.usable.tolist(), 1):
        if not usable:
            _refuse_poor(number, (Advice("finger_features_few"),))
    for first in range(len(impressions) - 1):
        rest = np.arange(first + 1, len(impressions))
        scores = second_look(probes, first, held.take(rest))
        for second, score in zip(rest.tolist(), scores.tolist(), strict=True):
            if impressions[first].model != impressions[second].model or score < table.rows[0].threshold:
                raise ImpressionRefused(
                    f"第{first + 1}次和第{second + 1}次采集不像同一枚手指。",
                    f"Impressions {first + 1} and {second + 1} do not seem to be of the same finger.",
                    number=second + 1,
                )


def _refuse_poor(number: int, reasons: Sequence[Advice]) -> None:
    raise ImpressionRefused(
        f"第{number}次采集质量不足：{'；'.join(reason.text('zh') for reason in reasons)}。",
        f"Impression {number} is too poor: {'; '.join(reason.text('en') for reason in reasons)}.",
        number=number,
    )


def _store(
    connection: Connection, key: EstateKey, *, estate: str, person: str, one: Impression, actor: str, now: datetime
) -> str:
    template = new_id()
    writing.store_template(
        connection,
        template=template,
        estate=estate,
        person=person,
        modality=Modality.FINGER,
        model=one.model,
        key_version=key.version,
        quality=one.quality,
        sealed=key.seal(one.record, template_place(estate, person, template)),
        actor=actor,
        now=now,
    )
    return template
