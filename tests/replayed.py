"""A small stream in which everything happens that a replay must show or leave out, told by hand on a generator's."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from core.clock import CHINA
from simulators.elsewhere import SHAPES, make
from simulators.replay_showing import enrolled
from simulators.streams import SIGHTINGS, Stream

START, DAYS, HOMES, SEED = date(2026, 3, 2), 3, 12, 3
SHAPE = next(shape for shape in SHAPES if shape.name == "every_door")
LEFT_OUT = {"intercom": 1, "finger": 1, "repeated": 1, "no_template": 1, "nothing_to_compare": 1, "no_credential": 1}


class Cast:
    """Who plays in the rows told by hand.

    Attributes:
        own, other: enrolled people of different homes with a card each; `own` has a reader at their own door.
        plain: somebody with a card who is not enrolled.
    """

    def __init__(self, stream: Stream) -> None:
        home = {row["person"]: row["home"] for row in stream.registry["people"].to_pylist()}
        doors = stream.registry["doors"].to_pylist()
        own_door = {row["home"]: row["door"] for row in doors if row["home"]}
        cards = {row["person"] for row in stream.registry["credentials"].to_pylist() if row["kind"] == "card"}
        known = [person for person in enrolled(stream) if person in cards]
        self.own = next(person for person in known if home[person] in own_door)
        self.other = next(person for person in known if home[person] != home[self.own])
        self.plain = next(person for person in sorted(cards) if person not in enrolled(stream))
        self.home, self.door = home[self.own], own_door[home[self.own]]
        self.gate = next(row["door"] for row in doors if row["kind"] == "gate")


def small_stream() -> Stream:
    """Twelve homes for three days, and the rows told by hand, which come last although they were taken earlier."""
    stream = make(SEED, HOMES, START, DAYS, shape=SHAPE)
    stream = replace(stream, sightings=stream.sightings.filter(_usual(stream)))
    cast = Cast(stream)
    number = int(stream.sightings["event"].to_numpy().max()) + 1
    rows = [_row(number + place, place, **row) for place, row in enumerate(told(cast))]
    rows.append(rows[0])
    told_rows = pa.Table.from_pylist(rows, SIGHTINGS)
    return replace(stream, sightings=pa.concat_tables([stream.sightings, told_rows]).unify_dictionaries())


def _usual(stream: Stream) -> pa.ChunkedArray:
    """What is told by hand, the generator does not tell: so the counts are known."""
    usual = pa.array(["card", "pin", "pass", "plate"])
    words = {name: stream.sightings[name].cast(pa.string()) for name in ("modality", "outcome")}
    return pc.and_(pc.is_in(words["modality"], usual), pc.equal(words["outcome"], "granted"))


def told(cast: Cast) -> list[dict[str, Any]]:
    """One row of everything."""
    at_gate, at_home = {"door": cast.gate}, {"door": cast.door, "home": cast.home}
    return [
        {**at_home, "modality": "face", "person": cast.own, "outcome": "granted"},
        {**at_home, "modality": "face", "outcome": "unrecognised"},
        {**at_home, "modality": "face", "outcome": "ambiguous"},
        {**at_home, "modality": "card", "person": cast.own, "outcome": "mismatch", "seen": cast.other},
        {**at_gate, "modality": "card", "person": cast.own, "outcome": "mismatch"},
        {**at_gate, "modality": "face", "person": cast.other, "outcome": "granted", "direction": "out"},
        {**at_gate, "modality": "face", "person": cast.own, "outcome": "granted", "direction": "unknown"},
        {**at_gate, "modality": "card", "person": cast.plain, "outcome": "granted"},
        {**at_gate, "modality": "intercom", "home": cast.home, "outcome": "granted"},
        {**at_gate, "modality": "finger", "person": cast.own, "outcome": "granted"},
        {**at_gate, "modality": "face", "person": cast.plain, "outcome": "granted"},
        {**at_gate, "modality": "card", "person": cast.plain, "outcome": "mismatch"},
        {**at_gate, "modality": "card", "person": "a-stranger", "outcome": "granted"},
    ]


def _row(event: int, place: int, **row: Any) -> Mapping[str, Any]:
    """In the evening of the second day, a minute apart."""
    at = datetime.combine(START + timedelta(days=1), time(19, 0), CHINA) + timedelta(minutes=place, microseconds=7)
    return {"event": event, "at": at, "direction": "in", **row}
