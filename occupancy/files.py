"""Sightings from a file or an Arrow table, as record batches with the contract's columns.

CSV and Parquet are read piece by piece, so a file may be larger than the memory. Here only the shape is settled: a
needed column that is missing, or one of a type that cannot be what it should be, refuses the file; rows are judged by
`occupancy.backtest.encoding`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from core.errors import AnjuError

WORDS = ("door", "direction", "modality", "person", "pass", "home", "plate", "outcome", "seen")
COLUMNS = ("event", "at", *WORDS)
MAY_BE_EMPTY = frozenset(WORDS) - {"modality", "outcome"}  # cells of these
NEEDED = frozenset({"event", "at", "door", "direction", "modality", "person", "outcome"})
BLOCK_BYTES = 8 << 20  # of a CSV file, about 80,000 rows
ROWS_AT_ONCE = 1 << 17
WORD = pa.dictionary(pa.int32(), pa.string())
Unsplit = Callable[[int, int, int], None]  # row, cells found, cells expected


class SightingsRefused(AnjuError):
    """The file of sightings cannot be read at all."""

    code = "sightings_refused"


class Piece(NamedTuple):
    """Some rows of a source: the number of the first, counted from 1, and how much of the source is read, 0 to 1."""

    first_row: int
    rows: pa.RecordBatch
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """An opened source.

    Attributes:
        name: as reports name it. strange: the columns that nobody asks for.
        pieces: to be gone through once.
        line_of: where in the file the row of that number stands, once its piece has been read.
    """

    name: str
    strange: tuple[str, ...]
    pieces: Iterator[Piece]
    line_of: Callable[[int], int] = int


def open_sightings(source: Path | pa.Table, unsplit: Unsplit) -> Sheet:
    """Open a .csv or .parquet file, or a table in memory.

    Args:
        source: the file or table.
        unsplit: told of every line of a CSV file that has too many or too few cells.

    Raises SightingsRefused.
    """
    if isinstance(source, pa.Table):
        return _table(source)
    readers = {".csv": _csv, ".parquet": _parquet}
    reader = readers.get(source.suffix.lower())
    if reader is None:
        raise SightingsRefused(
            f"“{source.name}”不是 .csv 或 .parquet 文件。", f"{source.name} is neither a .csv nor a .parquet file.",
            mend_zh="请改用其中一种格式。", mend_en="Give one of these.",
        )  # fmt: skip
    try:
        return reader(source, unsplit)
    except (OSError, pa.ArrowInvalid) as error:
        raise _unreadable(source, error) from error


def _unreadable(source: Path, error: Exception) -> SightingsRefused:
    reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
    return SightingsRefused(f"无法读取“{source}”：{reason}。", f"{source} cannot be read: {reason}.")


def _checked(name: str, columns: list[str]) -> tuple[str, ...]:
    """The strange columns; raises SightingsRefused where a needed one is missing or a known one is there twice."""
    missing = sorted(NEEDED - set(columns))
    twice = sorted({column for column in COLUMNS if columns.count(column) > 1})
    if missing or twice:
        zh, en = (
            (f"缺少列：{'、'.join(missing)}", f"columns are missing: {', '.join(missing)}")
            if missing
            else (f"列重复：{'、'.join(twice)}", f"columns are there twice: {', '.join(twice)}")
        )
        raise SightingsRefused(
            f"“{name}”{zh}。", f"{name}: {en}.",
            mend_zh=f"列应为：{', '.join(COLUMNS)}（其中 pass、home、plate、seen 可以没有）。",
            mend_en=f"The columns are {', '.join(COLUMNS)}; pass, home, plate and seen may be missing.",
        )  # fmt: skip
    return tuple(column for column in columns if column not in COLUMNS)


def _check_types(name: str, schema: pa.Schema) -> None:
    """Raise SightingsRefused for a column of a type that cannot hold what it should.

    A column that is empty throughout comes from pandas as one of decimals: where cells may be empty, it is taken, and
    rows that do hold a decimal are refused one by one.
    """
    for column in (column for column in COLUMNS if column in schema.names):
        kind = schema.field(column).type
        if column == "at" and pa.types.is_timestamp(kind) and kind.tz is None:
            raise SightingsRefused(
                f"“{name}”中列at的时间没有时区。", f"{name}: the moments of column at have no zone.",
                mend_zh="请改用带时区的时间。", mend_en="Write moments with a zone or offset.",
            )  # fmt: skip
        fits = pa.types.is_timestamp(kind) if column == "at" else pa.types.is_integer(kind)
        value = kind.value_type if pa.types.is_dictionary(kind) else kind
        decimals = column in MAY_BE_EMPTY and pa.types.is_floating(value)
        if not (fits or decimals or pa.types.is_null(value) or is_text(value)):
            raise SightingsRefused(
                f"“{name}”中列{column}的类型为{kind}，无法使用。", f"{name}: column {column} cannot be of type {kind}."
            )


def is_text(kind: pa.DataType) -> bool:
    """Whether a type is one of Arrow's three for text."""
    return any(is_one(kind) for is_one in (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view))


def _table(table: pa.Table) -> Sheet:
    strange = _checked("sightings", table.column_names)
    _check_types("sightings", table.schema)
    chosen = table.select([name for name in COLUMNS if name in table.column_names])

    def pieces() -> Iterator[Piece]:
        done = 0
        for rows in chosen.to_batches(max_chunksize=ROWS_AT_ONCE):
            yield Piece(done + 1, rows, (done + rows.num_rows) / max(chosen.num_rows, 1))
            done += rows.num_rows

    return Sheet(name="sightings", strange=strange, pieces=pieces())


def _parquet(source: Path, _unsplit: Unsplit) -> Sheet:
    file = pyarrow.parquet.ParquetFile(source)
    names = file.schema_arrow.names
    strange = _checked(source.name, names)
    words = [name for name in WORDS if name in names]
    schema = file.schema_arrow
    file.close()
    _check_types(source.name, schema)

    def pieces() -> Iterator[Piece]:
        done = 0
        with pyarrow.parquet.ParquetFile(source, read_dictionary=words) as opened:
            total = max(opened.metadata.num_rows, 1)
            chosen = [name for name in COLUMNS if name in names]
            for rows in _guarded(source, opened.iter_batches(ROWS_AT_ONCE, columns=chosen, use_threads=False)):
                yield Piece(done + 1, rows, (done + rows.num_rows) / total)
                done += rows.num_rows

    return Sheet(name=source.name, strange=strange, pieces=pieces())


def _guarded(source: Path, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    try:
        yield from batches
    except (OSError, pa.ArrowInvalid) as error:
        raise _unreadable(source, error) from error


def _header(source: Path) -> tuple[list[str], bool]:
    """The names of a CSV file's columns, and whether anything follows; raises SightingsRefused for a file without."""
    with source.open(encoding="utf-8-sig", errors="replace") as lines:
        line, more = lines.readline(1 << 16).strip(), bool(lines.read(1))
    if not line:
        raise SightingsRefused(
            f"“{source.name}”是空的，连表头也没有。", f"{source.name} is empty: not even a header.",
            mend_zh="没有记录时请保留表头。", mend_en="Keep the header where there are no sightings.",
        )  # fmt: skip
    return [name.strip().strip('"') for name in line.split(",")], more


def _csv(source: Path, unsplit: Unsplit) -> Sheet:
    header, more = _header(source)
    strange, skipped = _checked(source.name, header), list[int]()

    def refuse(row: pyarrow.csv.InvalidRow) -> str:
        skipped.append(row.number or 0)
        unsplit(row.number or 0, row.actual_columns, row.expected_columns)
        return "skip"

    def line_of(row: int) -> int:
        line = row + 1  # the header
        for other in skipped:
            if other > line:
                break
            line += 1
        return line

    def pieces() -> Iterator[Piece]:
        size, done = max(source.stat().st_size, 1), 0
        with source.open("rb") as file:
            for rows in _guarded(source, _csv_batches(file, header, refuse)) if more else ():
                yield Piece(done + 1, rows, min(file.tell() / size, 1.0))
                done += rows.num_rows

    return Sheet(name=source.name, strange=strange, pieces=pieces(), line_of=line_of)


def _csv_batches(
    file: BinaryIO, header: list[str], refuse: Callable[[pyarrow.csv.InvalidRow], str]
) -> Iterator[pa.RecordBatch]:
    yield from pyarrow.csv.open_csv(
        file,
        read_options=pyarrow.csv.ReadOptions(
            block_size=BLOCK_BYTES, use_threads=False, column_names=header, skip_rows=1
        ),
        parse_options=pyarrow.csv.ParseOptions(invalid_row_handler=refuse),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types={"event": pa.string(), "at": pa.string(), **dict.fromkeys(WORDS, WORD)},
            include_columns=[name for name in COLUMNS if name in header],
            strings_can_be_null=True,
            null_values=[""],
        ),
    )
