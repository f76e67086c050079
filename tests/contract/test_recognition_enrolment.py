"""Enrolment: consent first, poor or mixed pictures refused in words, templates protected, withdrawn without trace."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy.engine import Engine

from core.clock import to_us
from core.db import Store, fold_wal, open_store
from core.db.migrate import migrate
from core.facts import Modality
from core.settings import Settings
from core.vault import EstateKey, Vault
from housing.registry import reading, writing
from housing.registry.kinds import Purpose
from housing.registry.rows import TemplateRow
from recognition.enrolment import Advice, EncodedPicture, Enrolled, PictureRefused, check, enrol
from recognition.loading import Loader
from simulators import embeddings
from tests import estates
from tests.estates import ESTATE

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)
PERSON = "p1"


class Desk:
    """An enrolment desk of a small estate."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(var_dir=folder)
        migrate(self.settings)
        self.engine: Engine = open_store(self.settings, Store.HOUSING)
        self.key: EstateKey = Vault.open(self.settings).create(ESTATE)
        with self.engine.begin() as connection:
            estates.write_estate(connection)
        self.centres = embeddings.draw_centres(11, 3)

    def consent(self) -> None:
        with self.engine.begin() as connection:
            writing.give_consent(
                connection, person=PERSON, purpose=Purpose.DOOR, modality=Modality.FACE, text_version="1",
                actor="desk", now=NOW,
            )  # fmt: skip

    def enrol(self, pictures: list[EncodedPicture]) -> Enrolled:
        with self.engine.begin() as connection:
            return enrol(connection, self.key, estate=ESTATE, person=PERSON, pictures=pictures, actor="desk", now=NOW)

    def templates(self) -> list[TemplateRow]:
        with self.engine.connect() as connection:
            return reading.templates(connection, ESTATE, "face")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.engine.dispose()


def picture(centres: np.ndarray, person: int, seed: int = 0, quality: float = 0.9) -> EncodedPicture:
    drawn = embeddings.draw_pictures(np.random.default_rng(seed), centres[[person]])[0]
    advice = (Advice("too_dark", {"value": 20.0, "limit": 40.0}),) if quality < 0.5 else ()
    return EncodedPicture(embedding=drawn, model=embeddings.MODEL, quality=quality, reasons=advice)


def test_without_consent_nothing_is_written(desk: Desk) -> None:
    with pytest.raises(writing.ConsentMissing):
        desk.enrol([picture(desk.centres, 0)])
    assert desk.templates() == []


def test_two_pictures_make_two_templates_that_recognise_the_person(desk: Desk) -> None:
    desk.consent()
    enrolled = desk.enrol([picture(desk.centres, 0, 1), picture(desk.centres, 0, 2)])
    assert len(enrolled.templates) == 2
    assert enrolled.advice == ()
    with desk.engine.connect() as connection:
        view = Loader(ESTATE, desk.key).load(connection, to_us(NOW))
    assert view.faces[embeddings.MODEL].size == 2


def test_one_picture_is_taken_and_another_asked_for(desk: Desk) -> None:
    desk.consent()
    (advice,) = desk.enrol([picture(desk.centres, 0)]).advice
    assert advice.text("zh") != advice.text("en")


@pytest.mark.parametrize("count", [0, 9])
def test_no_picture_and_too_many_are_refused(desk: Desk, count: int) -> None:
    with pytest.raises(PictureRefused):
        check([picture(desk.centres, 0, seed) for seed in range(count)])


def test_a_poor_picture_and_two_people_are_refused_by_number_and_whole(desk: Desk) -> None:
    import gateway.recognisers.quality  # noqa: F401 - its words

    desk.consent()
    with pytest.raises(PictureRefused) as poor:
        desk.enrol([picture(desk.centres, 0, 1), picture(desk.centres, 0, 2, quality=0.2)])
    assert poor.value.number == 2
    assert "光线太暗" in poor.value.text("zh")
    with pytest.raises(PictureRefused) as mixed:
        desk.enrol([picture(desk.centres, 0, 3), picture(desk.centres, 1, 4)])
    assert mixed.value.number == 2
    assert desk.templates() == []


def test_no_byte_of_a_template_is_left_after_withdrawal(desk: Desk, tmp_path: Path) -> None:
    desk.consent()
    one = picture(desk.centres, 0)
    desk.enrol([one])
    raw = one.embedding.astype("<f4").tobytes()
    rotated = desk.key.rotate(one.embedding[np.newaxis])[0].astype("<f4").tobytes()
    (row,) = desk.templates()

    def on_disk(needle: bytes) -> bool:
        return any(needle in path.read_bytes() for path in (tmp_path / "db").iterdir())

    assert on_disk(row.sealed)
    assert not on_disk(raw[:64])
    assert not on_disk(rotated[:64])
    with desk.engine.begin() as connection:
        writing.withdraw_consent(
            connection, person=PERSON, purpose=Purpose.DOOR, modality=Modality.FACE, actor="desk", now=NOW
        )
    assert desk.templates() == []
    fold_wal(desk.engine)  # as the api does; the store stays open
    assert not on_disk(row.sealed[:64])
