"""Everybody of the demo's estate who consented gets templates: drawn ones, or of the real pictures of a sitter."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
from sqlalchemy.engine import Connection, Engine

from anju.api_service import FaceEncoder
from core.clock import Clock
from core.db import writing
from core.errors import AnjuError
from core.facts import Modality
from core.vault import EstateKey
from housing.registry import reading
from housing.registry.writing import revoke_template
from recognition.enrolment import EncodedPicture, PictureEncoder, PictureRefused, enrol
from simulators import embeddings, faces
from simulators.faces import Sitter
from simulators.randomness import stream
from simulators.scenes import jpeg
from simulators.tables import World

ACTOR = "demo"
SIMULATED = "simulated"
BATCH = 100
Tell = Callable[[str, int, int], None]  # what is being done, how many of how many
Warn = Callable[[str, AnjuError], None]  # whose picture cannot be used, and why


class Enrolment:
    """Gives people the templates they should have, a batch a transaction.

    Args:
        engine: The housing store.
        key: The estate's.
        world: Whose people; who consented has `face` set.
        sitters: By row, of whom there are real pictures.
        warn: Told which picture cannot be used. Somebody without a usable one is left without templates: their door
            will say "unrecognised", as a real one would.
    """

    def __init__(
        self, engine: Engine, key: EstateKey, world: World, sitters: Mapping[int, Sitter], clock: Clock, warn: Warn
    ) -> None:
        self._engine, self._key, self._world, self._sitters = engine, key, world, sitters
        self._clock, self._warn = clock, warn
        self._drawn = _drawn(world)
        self._encoder: PictureEncoder | None = None

    def wanted(self) -> dict[str, str]:
        """By person: a sign of what their templates are made of."""
        rows = np.flatnonzero(self._world.people.face).tolist()
        return {self._id(row): _sign(self._sitters.get(row)) for row in rows}

    def held(self) -> set[str]:
        """Who has templates now."""
        with self._engine.connect() as conn:
            return {row.person for row in reading.templates(conn, self._world.estate, Modality.FACE)}

    def enrol(self, people: Iterable[str], done: Callable[[Sequence[str]], None]) -> None:
        """Replace the templates of these people; `done` is told of each batch once it is committed."""
        rows = {person: row for row, person in enumerate(self._world.people.id.tolist())}
        wanted = list(people)
        for start in range(0, len(wanted), BATCH):
            batch = wanted[start : start + BATCH]
            with writing(self._engine) as conn:
                for person in batch:
                    self._replace(conn, rows[person])
            done(batch)

    def _id(self, row: int) -> str:
        return str(self._world.people.id[row])

    def _replace(self, conn: Connection, row: int) -> None:
        """The old templates go, the new ones come."""
        person, estate, now, sitter = self._id(row), self._world.estate, self._clock.now(), self._sitters.get(row)
        for old in reading.templates(conn, estate, Modality.FACE, [person]):
            revoke_template(conn, template=old.template, actor=ACTOR, now=now)
        try:
            pictures = self._photographed(sitter) if sitter else _encoded(self._drawn[row])
            enrol(conn, self._key, estate=estate, person=person, pictures=pictures, actor=ACTOR, now=now)
        except PictureRefused as error:
            self._warn(sitter.name if sitter else person, error)

    def _photographed(self, sitter: Sitter) -> list[EncodedPicture]:
        """Two of a sitter's pictures, encoded as for the pages; of only one usable one, that and a variation.

        Raises PictureRefused, in words, where none can be used.
        """
        if self._encoder is None:
            self._encoder = FaceEncoder()
        rng = stream(self._world.seed, f"sitter/{sitter.name}")
        used: list[EncodedPicture] = []
        refused: list[PictureRefused] = []
        for picture in [*sitter.pictures, *(faces.vary(rng, picture) for picture in sitter.pictures)]:
            try:
                used.append(self._encoder.encode(jpeg(picture)))
            except PictureRefused as error:
                refused.append(error)
            if len(used) == embeddings.PICTURES_AT_ENROLMENT:
                break
        if not used:
            raise refused[0]
        for why in refused:
            self._warn(sitter.name, why)
        return used


def _sign(sitter: Sitter | None) -> str:
    if sitter is None:
        return SIMULATED
    digest = hashlib.blake2b(digest_size=8)
    for picture in sitter.pictures:
        digest.update(picture.tobytes())
    return digest.hexdigest()


def _drawn(world: World) -> embeddings.Embeddings:
    """(n_people, 2, 128) float32."""
    centres = embeddings.draw_centres(world.seed, len(world.people.id), world.people.twin)
    return embeddings.enrolment_pictures(world.seed, centres)


def _encoded(pair: embeddings.Embeddings) -> list[EncodedPicture]:
    return [EncodedPicture(embedding=vector, model=embeddings.MODEL, quality=0.9) for vector in pair]
