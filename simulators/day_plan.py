"""A day's presentations as a plan for simulated devices: embeddings for most people, real pictures where there are any.

Cars are shown as drawn scenes and people of the demo as photographs, so the gateways' real recognisers run on them; the
other faces are drawn embeddings and say so (`simulated`) all the way to the log.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np

from core.clock import from_us
from core.facts import CredentialRead, Modality
from gateway.devices.base import Drawn, Picture, Presented, Sent, Shown
from simulators import embeddings, faces
from simulators.day import Day, What
from simulators.faces import Sitter
from simulators.likeness import Likenesses
from simulators.plan import LATE_US, event_id
from simulators.plate_numbers import PlateKind
from simulators.readers import Readers
from simulators.scenes import draw_scene, jpeg
from simulators.tables import World

WRONG_CLOCK_EVERY = 150  # one reader in so many has its clock set to another zone
_WRONG_BY_US = 8 * 3600 * 1_000_000
_SLACK_US = 1_500_000


class DayPlan:
    """A plan (see `Plan`) of what `day` says.

    Args:
        world: Whose people and doors.
        readers: Of that world.
        day: What is presented; its first row is due at once.
        speed: How many seconds of the day pass in one second.
        sitters: People (rows) of whom there are real pictures.
    """

    def __init__(
        self, world: World, readers: Readers, day: Day, *, speed: float, sitters: Mapping[int, Sitter]
    ) -> None:
        self._world, self._readers, self._day, self._sitters = world, readers, day, dict(sitters)
        self.gateways: Sequence[str] = world.gateways.tolist()
        self.gateway = readers.gateway[day.reader]
        self.due_us = ((day.at_us - day.at_us.min(initial=np.iinfo(np.int64).max)) / speed).astype(np.int64)
        self.devices: Sequence[list[str]] = readers.by_gateway(len(self.gateways))
        centres = embeddings.draw_centres(world.seed, len(world.people.id), world.people.twin)
        self._likenesses = Likenesses(world.seed, centres, day.person)
        self._wrong = np.arange(len(readers.id)) % WRONG_CLOCK_EVERY == WRONG_CLOCK_EVERY - 1
        self._error_us = np.random.default_rng(world.seed).integers(-_SLACK_US, _SLACK_US, size=len(readers.id))
        self._error_us[self._wrong] += _WRONG_BY_US

    def device(self, row: int) -> str:
        """See Plan."""
        return str(self._readers.id[self._day.reader[row]])

    def build(self, rows: Sequence[int], run: str, at_us: Sequence[int], now_us: int) -> list[Presented]:
        """See Plan."""
        drawn = self._likenesses.of(rows)
        return [
            Presented(
                device=self.device(row),
                device_event=event_id(run, row),
                device_time=self._by_its_clock(row, at),
                handed_at=self._by_its_clock(row, now_us),
                late=now_us - at > LATE_US,
                claim=self._claim(row),
                content=self._content(row, vector),
            )
            for row, at, vector in zip(rows, at_us, drawn, strict=True)
        ]

    def _by_its_clock(self, row: int, at_us: int) -> datetime:
        return from_us(at_us + int(self._error_us[self._day.reader[row]]))

    def _claim(self, row: int) -> CredentialRead | None:
        """The card held up together with the face."""
        credential = int(self._day.credential[row])
        if credential < 0 or self._day.what[row] != What.FACE:
            return None
        held = self._world.credentials
        return CredentialRead(kind=Modality(str(held.kind[credential])), credential=str(held.id[credential]))

    def _content(self, row: int, vector: embeddings.Embeddings) -> Sent:
        day, world = self._day, self._world
        match What(day.what[row]):
            case What.CREDENTIAL:
                held, which = world.credentials, day.credential[row]
                return Shown(kind=Modality(str(held.kind[which])), credential=str(held.id[which]))
            case What.PASS:
                return Shown(kind=Modality.PASS, credential=str(world.passes.id[day.pass_[row]]))
            case What.PLATE:
                return Picture(image=self._scene(row))
            case What.FACE:
                sitter = self._sitters.get(int(day.person[row]))
                if sitter is not None:
                    return Picture(image=jpeg(faces.probe(self._rng(row), sitter)))
                return Drawn(model=embeddings.MODEL, embedding=vector.astype("<f4").tobytes())

    def _scene(self, row: int) -> bytes:
        vehicle = int(self._day.vehicle[row])
        if vehicle >= 0:
            text, kind = str(self._world.vehicles.plate[vehicle]), PlateKind(int(self._world.vehicles.kind[vehicle]))
        else:
            text = str(self._day.plate[row])
            kind = PlateKind.GREEN if len(text) == 8 else PlateKind.BLUE
        return jpeg(draw_scene(self._rng(row), text, kind))

    def _rng(self, row: int) -> np.random.Generator:
        """One generator a row: its picture is the same when it is sent again."""
        return np.random.default_rng([self._world.seed, row])
