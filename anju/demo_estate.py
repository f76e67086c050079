"""The demo's estate: drawn once under its directory, then kept; registered, enrolled and wired to its gateways.

Every start registers it again (which changes nothing but the visitors' passes of the day) and enrols whoever is not
enrolled as wanted, so a start that was interrupted is mended by the next.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path

import msgspec
import numpy as np
from sqlalchemy.engine import Connection, Engine

from anju.api_service import FaceEncoder
from core.clock import Clock, local_day
from core.db import Store, open_store, writing
from core.errors import AnjuError
from core.facts import Modality
from core.settings import Settings
from core.vault import EstateKey, Vault
from housing.registry import importing, reading
from housing.registry.writing import revoke_template
from recognition.enrolment import EncodedPicture, PictureEncoder, PictureRefused, enrol
from simulators import embeddings, faces, runs
from simulators.faces import Sitter
from simulators.gateway_files import write_gateway_files
from simulators.randomness import stream
from simulators.scenes import jpeg
from simulators.tables import World
from simulators.world import on_day, write

ACTOR = "demo"
SEED = 2026
FOLDER, STATE = "demo", "estate.json"
SIMULATED = "simulated"
_BATCH = 100
Tell = Callable[[str, int, int], None]  # what is being done, how many of how many
Warn = Callable[[str, AnjuError], None]  # whose pictures cannot be used, and why


class NotTaken(AnjuError):
    """The registry refused something of the demo's estate."""

    code = "demo_refused"


class State(msgspec.Struct, kw_only=True):
    """What the demo keeps: which estate it drew, and how each person was enrolled."""

    estate: runs.Estate
    enrolled: dict[str, str] = {}


def prepare(
    settings: Settings,
    *,
    homes: int,
    faces_folder: Path | None,
    clock: Clock,
    tell: Tell,
    warn: Warn,
    recognise: bool = True,
) -> runs.Estate:
    """Make the demo's estate ready to be served; returns which one it is.

    Somebody whose pictures enrolment refuses is left without templates and told by `warn`: their door will say
    "unrecognised", as a real one would.

    Args:
        settings: Of the demo's own installation, its stores migrated.
        homes: How many, at the first start.
        faces_folder: The user's own pictures.
        clock: For today.
        tell: Shown progress.
        warn: Told whose pictures cannot be used.
        recognise: Whether gateways load recognisers and take pictures.

    Raises:
        NoFaces: `faces_folder` holds no picture.
        NotTaken: a row was refused (the registry's rules and the simulator have grown apart).
    """
    today = local_day(clock.now())
    path = settings.var_dir / FOLDER / STATE
    state = _state(path, homes, today, faces_folder)
    world, sitters = runs.populate(state.estate)
    key = _register(settings, on_day(world, today), clock, tell)
    engine = open_store(settings, Store.HOUSING)
    try:
        _enrol(engine, key, state, path, world, sitters, clock, tell, warn)
    finally:
        engine.dispose()
    write_gateway_files(world, settings.var_dir, recognise=recognise)
    return state.estate


def _state(path: Path, homes: int, today: date, faces_folder: Path | None) -> State:
    """The kept state, with the faces of this start; a new one at the first start."""
    shown = str(faces_folder.resolve()) if faces_folder else ""
    if path.exists():
        state = msgspec.json.decode(path.read_bytes(), type=State)
        state.estate = msgspec.structs.replace(state.estate, faces=shown)
    else:
        state = State(estate=runs.Estate(seed=SEED, today=today, homes=homes, faces=shown))
    _save(path, state)
    return state


def _save(path: Path, state: State) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(state)))


def _register(settings: Settings, world: World, clock: Clock, tell: Tell) -> EstateKey:
    folder = settings.var_dir / FOLDER / "registry"
    write(world, folder)
    vault = Vault.open(settings)
    engine = open_store(settings, Store.HOUSING)
    try:
        report = importing.run_import(
            engine, folder, strict=True, actor=ACTOR, now=clock.now(),
            progress=lambda _what, done, total: tell("demo.registering", done, total),
            prepare=lambda _estates: _make_key(vault, world.estate),
        )  # fmt: skip
    finally:
        engine.dispose()
    if report.refusals:
        first = report.refusals[0]
        place = f"{first.file}:{first.line}"
        raise NotTaken(
            f"演示小区登记被拒（{place}：{first.zh}）", f"The demo's estate was refused ({place}: {first.en})"
        )
    return vault.create(world.estate)


def _make_key(vault: Vault, estate: str) -> None:
    vault.create(estate)


def _enrol(
    engine: Engine,
    key: EstateKey,
    state: State,
    path: Path,
    world: World,
    sitters: Mapping[int, Sitter],
    clock: Clock,
    tell: Tell,
    warn: Warn,
) -> None:
    """Give everybody who consented the templates of this start, a batch a transaction."""
    wanted = _wanted(world, sitters)
    with engine.connect() as conn:
        held = {row.person for row in reading.templates(conn, world.estate, Modality.FACE)}
    rows = [row for row, sign in wanted.items()
            if state.enrolled.get(_id(world, row)) != sign or _id(world, row) not in held]  # fmt: skip
    drawn = _simulated(world)
    encoder = FaceEncoder() if any(row in sitters for row in rows) else None
    for start in range(0, len(rows), _BATCH):
        tell("demo.enrolling", start, len(rows))
        batch = rows[start : start + _BATCH]
        with writing(engine) as conn:
            for row in batch:
                sitter = sitters.get(row)
                try:
                    pictures = _photographed(encoder, world, sitter) if sitter and encoder else _drawn(drawn[row])
                    _replace(conn, key, world, row, pictures, clock)
                except PictureRefused as error:
                    warn(sitter.name if sitter else _id(world, row), error)
        state.enrolled.update({_id(world, row): wanted[row] for row in batch})
        _save(path, state)
    tell("demo.enrolling", len(rows), len(rows))


def _id(world: World, row: int) -> str:
    return str(world.people.id[row])


def _wanted(world: World, sitters: Mapping[int, Sitter]) -> dict[int, str]:
    """By row of everybody who consented: what their templates are made of."""
    signs = dict.fromkeys(np.flatnonzero(world.people.face).tolist(), SIMULATED)
    for row, sitter in sitters.items():
        digest = hashlib.blake2b(digest_size=8)
        for picture in sitter.pictures:
            digest.update(picture.tobytes())
        signs[row] = digest.hexdigest()
    return signs


def _simulated(world: World) -> embeddings.Embeddings:
    centres = embeddings.draw_centres(world.seed, len(world.people.id), world.people.twin)
    return embeddings.enrolment_pictures(world.seed, centres)


def _drawn(pair: embeddings.Embeddings) -> list[EncodedPicture]:
    return [EncodedPicture(embedding=vector, model=embeddings.MODEL, quality=0.9) for vector in pair]


def _photographed(encoder: PictureEncoder, world: World, sitter: Sitter) -> list[EncodedPicture]:
    """A sitter's enrolment pictures, encoded as the pages would; raises PictureRefused in words."""
    rng = stream(world.seed, f"sitter/{sitter.name}")
    return [encoder.encode(jpeg(picture)) for picture in faces.enrolment_set(rng, sitter)]


def _replace(
    conn: Connection, key: EstateKey, world: World, row: int, pictures: Sequence[EncodedPicture], clock: Clock
) -> None:
    """Templates of one person: the old ones go, the new ones come, in one transaction."""
    person = _id(world, row)
    for old in reading.templates(conn, world.estate, Modality.FACE, [person]):
        revoke_template(conn, template=old.template, actor=ACTOR, now=clock.now())
    enrol(conn, key, estate=world.estate, person=person, pictures=pictures, actor=ACTOR, now=clock.now())
