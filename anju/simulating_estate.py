"""A stream's estate made ready to be served: its registry imported, its people enrolled, its gateways wired.

Everything may be done again: what is there already stays as it is.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from sqlalchemy.engine import Engine

from core.clock import Clock
from core.db import Store, open_store, writing
from core.errors import AnjuError
from core.facts import Modality
from core.settings import Settings
from core.vault import EstateKey, Vault
from housing.registry import importing, reading
from recognition.enrolment import EncodedPicture, enrol
from simulators import embeddings
from simulators.replay import drawn_people, write_gateway_files
from simulators.replay_showing import enrolled
from simulators.streams import Stream

ACTOR = "simulate"
BATCH = 100
QUALITY = 0.9
FOLDER = "stream"
Tell = Callable[[str, int, int], None]  # what is being done, how many of how many


class NotTaken(AnjuError):
    """The registry refused something of the stream's estate."""

    code = "stream_refused"


def prepare(settings: Settings, stream: Stream, seed: int, *, clock: Clock, tell: Tell) -> str:
    """Write the stream's files under `var`, import them, enrol, write gateway.toml; returns the estate's id.

    Raises NotTaken where a row was refused: the registry's rules and the generator have grown apart.
    """
    folder = settings.var_dir / FOLDER
    stream.write(folder)
    (estate,) = {str(row["estate"]) for row in stream.registry["homes"].to_pylist()}
    engine = open_store(settings, Store.HOUSING)
    try:
        key = _register(engine, Vault.open(settings), folder, estate, clock, tell)
        _enrol(engine, key, estate, enrolled(stream), seed, clock, tell)
    finally:
        engine.dispose()
    write_gateway_files(stream, settings.var_dir)
    return estate


def _register(engine: Engine, vault: Vault, folder: Path, estate: str, clock: Clock, tell: Tell) -> EstateKey:
    """Import with the importer that offices use; the estate has its key before it is seen."""

    def give_key(_estates: tuple[str, ...]) -> None:
        vault.create(estate)

    def show(_what: str, done: int, total: int) -> None:
        tell("simulate.registering", done, total)

    report = importing.run_import(
        engine, folder, strict=True, actor=ACTOR, now=clock.now(), progress=show, prepare=give_key
    )
    if report.refusals:
        first = report.refusals[0]
        raise NotTaken(f"模拟小区登记被拒（{first.zh}）", f"The estate was refused ({first.file}: {first.en})")
    return vault.estate(estate)


def _enrol(
    engine: Engine, key: EstateKey, estate: str, people: Sequence[str], seed: int, clock: Clock, tell: Tell
) -> None:
    """Give drawn templates to whoever consented and has none, a batch a transaction."""
    _, templates = drawn_people(people, seed)
    with engine.connect() as conn:
        held = {row.person for row in reading.templates(conn, estate, Modality.FACE)}
    missing = [row for row, person in enumerate(people) if person not in held]
    for start in range(0, len(missing), BATCH):
        tell("simulate.enrolling", start, len(missing))
        with writing(engine) as conn:
            for row in missing[start : start + BATCH]:
                pictures = _encoded(templates[row])
                enrol(conn, key, estate=estate, person=people[row], pictures=pictures, actor=ACTOR, now=clock.now())


def _encoded(pair: "np.ndarray[tuple[int, int], np.dtype[np.float32]]") -> list[EncodedPicture]:
    return [EncodedPicture(embedding=vector, model=embeddings.MODEL, quality=QUALITY) for vector in pair]
