"""Enrolment: pictures of a person who consented become protected templates. The pictures are not kept.

Two pictures at least are asked for: on LFW that takes the miss rate from 6.7 % to 1.2 %. Whatever is wrong with a
picture is said in words before anything is written, and all is written or nothing.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import combinations
from typing import Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from core import texts
from core.errors import AnjuError
from core.facts import Modality
from core.ids import new_id
from core.vault import EstateKey
from housing.registry import writing
from recognition.loading import template_place
from recognition.thresholds import TABLES, ThresholdTable, table_of

PICTURES_ASKED = 2
PICTURES_MOST = 8
QUALITY_LEAST = 0.35

texts.register(
    {
        "enrol_another_picture": (
            "建议再提供一张不同时间拍摄的照片：两张照片可明显减少误拒",
            "Add a second picture taken at another time: two make wrong refusals much rarer",
        ),
    }
)


class Advice(msgspec.Struct, frozen=True):
    """What would make a picture better: a message id and its values."""

    message: str
    values: Mapping[str, float] = {}

    def text(self, lang: str) -> str:
        """In words."""
        return texts.render(self.message, lang, **self.values)


class EncodedPicture(msgspec.Struct, frozen=True, kw_only=True):
    """One face of one picture: embedding (d,) float32 of unit norm as the network gave it, quality 0..1, advice."""

    embedding: NDArray[np.float32]
    model: str
    quality: float
    reasons: tuple[Advice, ...] = ()


class PictureRefused(AnjuError):
    """A picture that cannot be used for enrolment; `number` counts the pictures given from 1."""

    code = "picture_refused"

    def __init__(self, zh: str, en: str, *, mend_zh: str = "", mend_en: str = "", number: int = 1) -> None:
        super().__init__(zh, en, mend_zh=mend_zh, mend_en=mend_en)
        self.number = number


class PictureEncoder(Protocol):
    """What makes an embedding of a picture; the application is given one (`gateway.recognisers` has it)."""

    def encode(self, picture: bytes) -> EncodedPicture:
        """The one face of a picture; raises AnjuError in words where there is none, several, or no picture at all."""
        ...


class Enrolled(msgspec.Struct, frozen=True, kw_only=True):
    """The templates written, and what would make them better."""

    templates: tuple[str, ...]
    advice: tuple[Advice, ...]


def enrol(
    connection: Connection,
    key: EstateKey,
    *,
    estate: str,
    person: str,
    pictures: Sequence[EncodedPicture],
    actor: str,
    now: datetime,
    tables: Mapping[str, ThresholdTable] = TABLES,
) -> Enrolled:
    """Write one protected template a picture, in the caller's transaction, and audit it.

    Raises:
        PictureRefused: a picture is too poor, or the pictures show different people.
        AnjuError: no live consent, an unknown person or estate (see `housing.registry.writing.store_template`).
    """
    check(pictures, tables)
    rotated = key.rotate(np.stack([picture.embedding for picture in pictures]).astype(np.float32))
    written = tuple(
        store(connection, key, estate=estate, person=person, rotated=vector, model=picture.model,
              quality=picture.quality, actor=actor, now=now)
        for vector, picture in zip(rotated, pictures, strict=True)
    )  # fmt: skip
    advice = [reason for picture in pictures for reason in picture.reasons]
    if len(pictures) < PICTURES_ASKED:
        advice.append(Advice("enrol_another_picture"))
    return Enrolled(templates=written, advice=tuple(advice))


def check(pictures: Sequence[EncodedPicture], tables: Mapping[str, ThresholdTable] = TABLES) -> None:
    """Raise PictureRefused unless these pictures can be one person's templates."""
    if not 0 < len(pictures) <= PICTURES_MOST:
        raise PictureRefused(
            f"请提供1至{PICTURES_MOST}张照片，建议{PICTURES_ASKED}张。",
            f"Give 1 to {PICTURES_MOST} pictures, better {PICTURES_ASKED}.",
        )
    for number, picture in enumerate(pictures, 1):
        if picture.quality < QUALITY_LEAST:
            raise PictureRefused(
                f"第{number}张照片质量不足：{'；'.join(r.text('zh') for r in picture.reasons)}。",
                f"Picture {number} is too poor: {'; '.join(r.text('en') for r in picture.reasons)}.",
                mend_zh="请重拍这张照片。",
                mend_en="Take this picture again.",
                number=number,
            )
    _one_person(pictures, table_of(pictures[0].model, tables))


def _one_person(pictures: Sequence[EncodedPicture], table: ThresholdTable) -> None:
    """All pictures of one model, and every two alike enough to be the same person's."""
    threshold = table.rows[0].threshold
    for (first, a), (second, b) in combinations(enumerate(pictures, 1), 2):
        if a.model != b.model or float(a.embedding @ b.embedding) < threshold:
            raise PictureRefused(
                f"第{first}张和第{second}张照片不像同一个人。",
                f"Pictures {first} and {second} do not seem to show the same person.",
                mend_zh="请确认照片属于本人，或重拍。",
                mend_en="Make sure that both are this person's, or take them again.",
                number=second,
            )


def store(
    connection: Connection,
    key: EstateKey,
    *,
    estate: str,
    person: str,
    rotated: NDArray[np.float32],
    model: str,
    quality: float,
    actor: str,
    now: datetime,
) -> str:
    """Seal and write one rotated embedding (d,) float32 as a template; returns its id. Raises without live consent."""
    template = new_id()
    writing.store_template(
        connection,
        template=template,
        estate=estate,
        person=person,
        modality=Modality.FACE,
        model=model,
        key_version=key.version,
        quality=quality,
        sealed=key.seal(rotated.astype("<f4").tobytes(), template_place(estate, person, template)),
        actor=actor,
        now=now,
    )
    return template
