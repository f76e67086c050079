"""The demo's estate: drawn once under its directory, then kept; registered, enrolled and wired to its gateways.

Every start registers it again (which changes nothing but the visitors' passes of the day) and enrols whoever is not
enrolled as wanted, so a start that was interrupted is mended by the next.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from anju.demo_enrolment import ACTOR, Enrolment, Tell, Warn
from core.clock import Clock, local_day
from core.db import Store, open_store, writing
from core.errors import AnjuError
from core.settings import Settings
from core.vault import EstateKey, Vault
from housing import tables as t
from housing.registry import importing
from housing.registry.writing import put_estate
from simulators import runs
from simulators.faces import Sitter
from simulators.gateway_files import write_gateway_files
from simulators.tables import World
from simulators.world import on_day, write

SEED = 2026
NAME = "清溪苑"
FOLDER, STATE, REGISTRY = "demo", "estate.json", "registry"


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
        TooManySitters: It holds more people than the estate has tenants.
        NotTaken: A row was refused (the registry's rules and the simulator have grown apart).
    """
    today = local_day(clock.now())
    path = settings.var_dir / FOLDER / STATE
    state = _state(path, homes, today, faces_folder)
    world, sitters = runs.populate(state.estate)
    key = _register(settings, on_day(world, today), clock, tell)
    _enrol(settings, key, state, path, world, sitters, clock, tell, warn)
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
    whole = path.with_suffix(".new")
    whole.write_bytes(msgspec.json.format(msgspec.json.encode(state)))
    whole.replace(path)


def _register(settings: Settings, world: World, clock: Clock, tell: Tell) -> EstateKey:
    """Import the estate's files with the importer that offices use; the estate has its key before it is seen."""
    folder, vault = settings.var_dir / FOLDER / REGISTRY, Vault.open(settings)
    write(world, folder)
    engine = open_store(settings, Store.HOUSING)

    def give_key(_estates: tuple[str, ...]) -> None:
        vault.create(world.estate)

    def show(_what: str, done: int, total: int) -> None:
        tell("demo.registering", done, total)

    try:
        report = importing.run_import(
            engine, folder, strict=True, actor=ACTOR, now=clock.now(), progress=show, prepare=give_key
        )
        if not report.refusals:
            _name(engine, world.estate, clock)
    finally:
        engine.dispose()
    if report.refusals:
        first = report.refusals[0]
        raise NotTaken(f"演示小区登记被拒（{first.zh}）", f"The demo's estate was refused ({first.file}: {first.en})")
    return vault.estate(world.estate)


def _name(engine: Engine, estate: str, clock: Clock) -> None:
    """Call the estate by its name, once: the registry's files know ids only."""
    with writing(engine) as conn:
        named = conn.scalar(sa.select(t.estates.c.name).where(t.estates.c.estate == estate))
        if named != NAME:
            put_estate(conn, estate=estate, name=NAME, actor=ACTOR, now=clock.now())


def _enrol(
    settings: Settings, key: EstateKey, state: State, path: Path, world: World, sitters: Mapping[int, Sitter],
    clock: Clock, tell: Tell, warn: Warn,
) -> None:  # fmt: skip
    """Enrol whoever is not enrolled as wanted, and keep who is."""
    engine = open_store(settings, Store.HOUSING)
    try:
        enrolment = Enrolment(engine, key, world, sitters, clock, warn)
        wanted, held = enrolment.wanted(), enrolment.held()
        kept = {person: sign for person, sign in state.enrolled.items() if person in held}
        missing = [person for person, sign in wanted.items() if kept.get(person) != sign]
        count = 0

        def done(batch: Sequence[str]) -> None:
            nonlocal count
            count += len(batch)
            state.enrolled.update({person: wanted[person] for person in batch})
            _save(path, state)
            tell("demo.enrolling", count, len(missing))

        tell("demo.enrolling", 0, len(missing))
        enrolment.enrol(missing, done)
    finally:
        engine.dispose()
