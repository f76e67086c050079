"""Which stream is replayed: a generator and its arguments as data, so that the same stream is drawn again later."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from enum import StrEnum

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from core.clock import day_start_us
from simulators import elsewhere, lives
from simulators.streams import Stream

_ISO = re.compile(r"\d{4}-\d\d-\d\d(T\S+)?")
LIVES_DAYS = 30  # the first generator makes no fewer
Progress = Callable[[int, int], None]  # done, of how many


class Generator(StrEnum):
    """Whose behaviour is played."""

    LIVES = "lives"
    ELSEWHERE = "elsewhere"


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A stream: `homes` homes from `start` for `days` days, the same for a seed."""

    generator: Generator
    seed: int
    homes: int
    start: date
    days: int

    @property
    def name(self) -> str:
        """A name for its folder; the start is not part of it."""
        return f"{self.generator}-{self.homes}-{self.days}-{self.seed}"


def _untold(_done: int, _of: int) -> None:
    """Nobody watches."""


def draw(asked: Asked, progress: Progress = _untold) -> Stream:
    """Make the stream. Raises what the generator raises: no homes, no days, a year without a holiday calendar."""
    if asked.generator is Generator.ELSEWHERE:
        return elsewhere.make(
            asked.seed, asked.homes, asked.start, asked.days, told=lambda _what, step: progress(step, elsewhere.STEPS)
        )
    before = max(LIVES_DAYS - asked.days, 0)
    start = asked.start - timedelta(days=before)
    return last_days(lives.make(asked.seed, asked.homes, start, asked.days + before, progress=progress), asked.days)


def last_days(stream: Stream, days: int) -> Stream:
    """The last `days` days of a stream; its registry and its truth stay whole, they tell of the days before too."""
    if days >= stream.days:
        return stream
    start = stream.start + timedelta(days=stream.days - days)
    begins = pa.scalar(day_start_us(start), pa.int64()).cast(pa.timestamp("us", tz="UTC"))
    kept = stream.sightings.filter(pc.greater_equal(stream.sightings["at"], begins))
    return replace(stream, start=start, days=days, sightings=kept)


def moved(stream: Stream, days: int) -> Stream:
    """The same stream `days` days later (earlier, where negative): sightings, every date of the registry, the truth."""
    shift = timedelta(days=days)
    at = pc.add(stream.sightings["at"], pa.scalar(shift, pa.duration("us")))
    place = stream.sightings.schema.get_field_index("at")
    return replace(
        stream,
        start=stream.start + shift,
        registry={name: _moved_table(table, shift) for name, table in stream.registry.items()},
        sightings=stream.sightings.set_column(place, stream.sightings.schema.field(place), at),
        truth=[
            msgspec.structs.replace(row, since=row.since and row.since + shift, until=row.until and row.until + shift)
            for row in stream.truth
        ],
    )


def _moved_table(table: pa.Table, shift: timedelta) -> pa.Table:
    return pa.table({name: _moved_column(table[name], shift) for name in table.column_names})


def _moved_column(column: pa.ChunkedArray, shift: timedelta) -> pa.ChunkedArray | pa.Array:
    """Each different word once; words that are no dates stay."""
    words = pc.unique(column)
    later = pa.array([_moved_word(word, shift) for word in words.to_pylist()], pa.string())
    return later.take(pc.index_in(column, value_set=words).combine_chunks())


def _moved_word(word: str, shift: timedelta) -> str:
    found = _ISO.fullmatch(word)
    if found is None:
        return word
    return (datetime.fromisoformat(word) + shift if found[1] else date.fromisoformat(word) + shift).isoformat()
