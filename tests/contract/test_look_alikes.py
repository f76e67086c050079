"""`anju look-alikes`: the pairs of an estate's gallery, in words, audited; names nobody but the pairs."""

from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from anju.look_alikes import EstateUnknown, run
from core import audit
from core.clock import ManualClock
from core.db import Store, open_store
from core.db.migrate import migrate
from core.facts import Modality
from core.settings import Settings
from core.vault import Vault
from housing.registry import writing
from housing.registry.kinds import Purpose
from recognition.enrolment import EncodedPicture, enrol
from simulators import embeddings
from tests import estates
from tests.estates import ESTATE

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An estate in which p1 is also enrolled as p2."""
    made = Settings(var_dir=tmp_path, language="en")
    migrate(made)
    engine, key = open_store(made, Store.HOUSING), Vault.open(made).create(ESTATE)
    centres = embeddings.draw_centres(11, 3)
    with engine.begin() as connection:
        estates.write_estate(connection)
        for number, (person, face) in enumerate((("p1", 0), ("p2", 0), ("p3", 1))):
            writing.give_consent(
                connection, person=person, purpose=Purpose.DOOR, modality=Modality.FACE, text_version="1",
                actor="desk", now=NOW,
            )  # fmt: skip
            drawn = embeddings.draw_pictures(np.random.default_rng(number), centres[[face]])[0]
            picture = EncodedPicture(embedding=drawn, model=embeddings.MODEL, quality=0.9)
            enrol(connection, key, estate=ESTATE, person=person, pictures=[picture], actor="desk", now=NOW)
    engine.dispose()
    return made


def asked(settings: Settings, estate: str | None) -> tuple[int, str]:
    out = StringIO()
    found = run(settings, estate, console=Console(file=out, width=160), clock=ManualClock(NOW))
    return found, out.getvalue()


def test_somebody_enrolled_twice_is_found_and_that_one_asked_is_audited(settings: Settings) -> None:
    found, told = asked(settings, None)
    assert found == 1
    assert "p1" in told
    assert "p2" in told
    assert "p3" not in told
    engine = open_store(settings, Store.HOUSING)
    with engine.connect() as connection:
        assert [row.action for row in audit.entries(connection)][-1] == "look_alikes_listed"
    engine.dispose()


def test_an_estate_that_is_not_there_is_refused_in_words(settings: Settings) -> None:
    with pytest.raises(EstateUnknown, match=ESTATE):
        asked(settings, "nowhere")
