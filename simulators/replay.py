"""A stream replayed: its sightings as what simulated devices present to real gateways over the device link.

A device says when its event was, by a clock that is right, and that it comes late, from its backlog: nobody waits
at a door for the day before yesterday. It says no clock of the hand-over, so the time is taken as it is. The gateway
opens nothing and sends the event in the replay lane; the server judges it by the registry as it is now, for the moment
at which it was taken. A gateway takes no event older than
35 days (`gateway.clocks.BACKLOG_US`), which bounds how long a stream can be replayed.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.clock import from_us
from core.facts import CredentialRead, Direction, Modality
from gateway.clocks import BACKLOG_US
from gateway.config import FILE
from gateway.devices.base import Drawn, Picture, Presented, Sent, Shown
from simulators import embeddings
from simulators.plan import event_id, row_of
from simulators.plate_numbers import PlateKind
from simulators.replay_faces import ClearFaces
from simulators.replay_showing import What, choose
from simulators.scenes import draw_scene, jpeg
from simulators.streams import Stream
from simulators.tables import Ints

MOST_DAYS = BACKLOG_US // 86_400_000_000 - 1  # whole days that a gateway still takes while the replay goes on
_NEW_ENERGY = 8  # characters of a green plate, one more than the others have


class StreamPlan:
    """A plan (see `Plan`) of what a stream says; `showing` tells what is left out, and why.

    Args:
        stream: Any generator's, faults of sensing included; rows come in the order of the table.
        speed: Seconds of the stream that pass in one second; infinity: as fast as the gateways take them.
        seed: Of faces and scenes.
    """

    def __init__(self, stream: Stream, *, speed: float, seed: int) -> None:
        self.showing = showing = choose(stream, seed)
        self._seed = seed
        self.gateways: Sequence[str] = [row["gateway"] for row in stream.registry["gateways"].to_pylist()]
        self.devices: Sequence[list[str]] = [[device for device, *_ in readers] for readers in readers_of(stream)]
        self.gateway = _gateway_of_doors(stream, showing.doors)[showing.door]
        self.due_us = _due(showing.at_us, speed)
        self._faces = ClearFaces(seed, *drawn_people(showing.people, seed), showing.person, showing.like, showing.owner)

    def device(self, row: int) -> str:
        """See Plan."""
        return reader(self.showing.doors[self.showing.door[row]], self.showing.ways[self.showing.way[row]])

    def row_in_stream(self, event: str) -> int:
        """The row of the stream's sightings behind a device's serial."""
        return int(self.showing.row[row_of(event)])

    def build(self, rows: Sequence[int], run: str, at_us: Sequence[int], now_us: int) -> list[Presented]:  # noqa: ARG002 - as in Plan
        """See Plan; events are of the stream's own time, whenever they are presented and handed over."""
        vectors = self._faces.of(rows)
        return [self._event(row, run, vector) for row, vector in zip(rows, vectors, strict=True)]

    def _event(self, row: int, run: str, vector: embeddings.Embeddings) -> Presented:
        return Presented(
            device=self.device(row),
            device_event=event_id(run, row),
            device_time=from_us(int(self.showing.at_us[row])),
            late=True,
            claim=self._claim(row),
            content=self._content(row, vector),
        )

    def _claim(self, row: int) -> CredentialRead | None:
        """The credential held up together with a face that is not its owner's."""
        held = int(self.showing.credential[row])
        if held < 0 or self.showing.what[row] != What.FACE:
            return None
        kind, credential = self.showing.credentials[held]
        return CredentialRead(kind=Modality(kind), credential=credential)

    def _content(self, row: int, vector: embeddings.Embeddings) -> Sent:
        showing = self.showing
        match What(showing.what[row]):
            case What.FACE:
                return Drawn(model=embeddings.MODEL, embedding=vector.astype("<f4").tobytes())
            case What.CREDENTIAL:
                kind, credential = showing.credentials[showing.credential[row]]
                return Shown(kind=Modality(kind), credential=credential)
            case What.PASS:
                return Shown(kind=Modality.PASS, credential=showing.passes[showing.word[row]])
            case What.PLATE:
                plate = showing.plates[showing.word[row]]
                kind_of = PlateKind.GREEN if len(plate) == _NEW_ENERGY else PlateKind.BLUE
                return Picture(image=jpeg(draw_scene(np.random.default_rng([self._seed, row]), plate, kind_of)))


def drawn_people(people: Sequence[str], seed: int) -> tuple[embeddings.Embeddings, embeddings.Embeddings]:
    """Centres (P, 128) of the enrolled and what they are enrolled with, (P, 2, 128); both float32."""
    centres = embeddings.draw_centres(seed, len(people))
    return centres, embeddings.enrolment_pictures(seed, centres)


def reader(door: str, way: str) -> str:
    """The device at a door that reads one way."""
    return f"{door}-{way}"


def readers_of(stream: Stream) -> list[list[tuple[str, str, str]]]:
    """(device, door, direction) of every reader, by gateway: both ways at each door, undirected ones where they are."""
    rows = stream.sightings.group_by(["door", "direction"]).aggregate([]).to_pylist()
    undirected = {row["door"] for row in rows if row["direction"] == Direction.UNKNOWN}
    found = []
    for row in stream.registry["gateways"].to_pylist():
        doors = row["doors"].split(";")
        ways = {door: ("in", "out", *(("unknown",) if door in undirected else ())) for door in doors}
        found.append([(reader(door, way), door, way) for door in doors for way in ways[door]])
    return found


def write_gateway_files(stream: Stream, var: Path) -> list[Path]:
    """Write `<var>/gateways/<id>/gateway.toml` for every gateway; barriers read plates from pictures."""
    barriers = {row["door"] for row in stream.registry["doors"].to_pylist() if row["kind"] == "garage"}
    written = []
    for gateway, readers in zip(stream.registry["gateways"].to_pylist(), readers_of(stream), strict=True):
        path = var / "gateways" / gateway["gateway"] / FILE
        path.parent.mkdir(parents=True, exist_ok=True)
        head = f'[gateway]\nid = "{gateway["gateway"]}"\nestate = "{gateway["estate"]}"\n'
        path.write_text(head + "".join(_device(*one, one[1] in barriers) for one in readers), encoding="utf-8")
        written.append(path)
    return written


def _device(device: str, door: str, way: str, barrier: bool) -> str:
    lines = ["", "[[device]]", f'id = "{device}"', 'kind = "link"', f'door = "{door}"', f'direction = "{way}"']
    return "\n".join([*lines, *(['recognise = ["plate"]'] if barrier else []), ""])


def _gateway_of_doors(stream: Stream, doors: Sequence[str]) -> Ints:
    """(D,) the gateway of each door, -1 for none."""
    rows = stream.registry["gateways"].to_pylist()
    held = {door: place for place, row in enumerate(rows) for door in row["doors"].split(";")}
    return np.array([held.get(door, -1) for door in doors], np.int64)


def _due(at_us: Ints, speed: float) -> Ints:
    """When each row is presented, microseconds after the start.

    A late row comes when its turn comes. At infinite speed the last is due a microsecond later: a plan without any
    times would wait for doors to speak (`Fleet`), and about late events they never do.
    """
    comes = np.maximum.accumulate(at_us)
    due = ((comes - comes[:1]) / speed).astype(np.int64)
    if len(due) and due[-1] == 0:
        due[-1] = 1
    return due
