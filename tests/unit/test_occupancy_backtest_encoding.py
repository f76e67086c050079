"""Rows of a file become columns: the same as by the obvious loop, in whatever form the file comes."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.clock import day_start_us, from_us
from housing.registry.rows import MemberRow
from occupancy.arrays import NOBODY
from occupancy.backtest.encoding import NAMED, Encoder
from occupancy.backtest.refusals import LISTED, Tally
from occupancy.backtest.words import MAX_EVENT, event_keys, moments
from occupancy.codes import MODALITIES, OUTCOMES, WAYS
from occupancy.files import COLUMNS, WORDS, SightingsRefused, open_sightings
from occupancy.registry import Registry, Rows
from occupancy.sightings import DTYPES, Sightings, together
from tests.unit.occupancy_worlds import REGISTRY, ROWS, START, door, home

OTHER = Registry.of(
    Rows(
        estate="e2",
        homes=[home("k1", "c1")],
        doors=[door("k-gate", "gate"), door("k1-door", "home", "c1", "k1")],
        members=[MemberRow("q1", "k1", "tenant", START, None, False)],
    )
)
T0 = day_start_us(START)
Row = dict[str, Any]


def told(_line: int, _found: int, _expected: int) -> None:
    raise AssertionError("no line of this file is broken")


def encoded(source: Path | pa.Table, *registries: Registry) -> tuple[list[Sightings], Tally]:
    """Everything of a source by registry."""
    sheet, tally = open_sightings(source, told), Tally()
    encoder = Encoder(registries, sheet, tally)
    parts: list[list[Sightings]] = [[] for _ in registries]
    for piece in sheet.pieces:
        for place, rows in encoder.encode(piece):
            parts[place].append(rows)
    return [together(part) for part in parts], tally


def names(registry: Registry, kind: str) -> Sequence[str]:
    found: Sequence[str] = getattr(registry, kind).ids
    return found


def pool(kind: str) -> st.SearchStrategy[str | None]:
    known = [*names(REGISTRY, kind), *names(OTHER, kind)]
    return st.sampled_from([None, "", "nobody-knows", *known])


ROW = st.fixed_dictionaries(
    {
        "event": st.one_of(st.none(), st.text("abc019-", max_size=MAX_EVENT + 2)),
        "us": st.one_of(st.none(), st.integers(T0 - 10**12, T0 + 10**13)),
        "direction": st.sampled_from([*WAYS, "up", "", None]),
        "modality": st.sampled_from([*MODALITIES, "", None]),
        "outcome": st.sampled_from([*OUTCOMES, "GRANTED", None]),
        **{column: pool(kind) for column, kind, _ in NAMED},
    }
)


def table_of(rows: Sequence[Row], *, dictionaries: bool = False) -> pa.Table:
    word = pa.dictionary(pa.int32(), pa.string()) if dictionaries else pa.string()
    columns = {name: pa.array([row[name] for row in rows], word) for name in WORDS}
    at = pa.array([row["us"] for row in rows], pa.timestamp("us", "UTC"))
    return pa.table({"event": pa.array([row["event"] for row in rows], pa.string()), "at": at, **columns})


def expected(rows: Sequence[Row], registries: Sequence[Registry]) -> tuple[list[list[Row]], Row]:
    """The obvious loop."""
    found: list[list[Row]] = [[] for _ in registries]
    counts: Row = {
        "refused": 0,
        "unplaced": 0,
        "undirected": 0,
        "unknown": dict.fromkeys((column for column, *_ in NAMED), 0),
    }
    for row in rows:
        event = row["event"] or ""
        way = row["direction"] or "unknown"
        words = (way in WAYS, row["modality"] in MODALITIES, row["outcome"] in OUTCOMES)
        if not 0 < len(event) <= MAX_EVENT or row["us"] is None or not all(words):
            counts["refused"] += 1
            continue
        counts["undirected"] += not row["direction"]
        place = owner(row, registries)
        if place is None:
            counts["unplaced"] += 1
            continue
        handles = {field: getattr(registries[place], kind).handle(row[column]) for column, kind, field in NAMED}
        for column, _, field in NAMED:
            counts["unknown"][column] += bool(row[column]) and handles[field] == NOBODY
        found[place].append(
            handles | {"taken_us": row["us"], "way": WAYS[way], "modality": MODALITIES[row["modality"]],
                       "outcome": OUTCOMES[row["outcome"]], "opens": row["outcome"] == "granted"}
        )  # fmt: skip
    return found, counts


def owner(row: Row, registries: Sequence[Registry]) -> int | None:
    if len(registries) == 1:
        return 0
    for column, kind, _ in NAMED[:-1]:
        for place, registry in enumerate(registries):
            if row[column] and getattr(registry, kind).handle(row[column]) != NOBODY:
                return place
    return None


def as_rows(found: Sightings) -> list[Row]:
    columns: Mapping[str, list[Any]] = {name: getattr(found, name).tolist() for name in DTYPES if name != "key"}
    return [{name: column[n] for name, column in columns.items()} for n in range(len(found))]


@given(st.lists(ROW, max_size=30), st.booleans(), st.booleans())
def test_a_table_is_encoded_as_by_the_obvious_loop(rows: list[Row], dictionaries: bool, both: bool) -> None:
    registries = [REGISTRY, OTHER] if both else [REGISTRY]
    found, tally = encoded(table_of(rows, dictionaries=dictionaries), *registries)
    wanted, counts = expected(rows, registries)
    assert [as_rows(part) for part in found] == wanted
    assert tally.rows == len(rows)
    assert sum(tally.refused.values()) == counts["refused"] == len(tally.listed)
    assert (tally.unplaced, tally.undirected) == (counts["unplaced"], counts["undirected"])
    assert {column: tally.unknown[column] for column in counts["unknown"]} == counts["unknown"]
    events = [row["event"] for row in rows if row["event"] and len(row["event"]) <= MAX_EVENT]
    keys, known = event_keys(pa.array(events, pa.string()))
    assert known.all()
    assert len(set(keys.tolist())) == len(set(events))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(rows=st.lists(ROW, min_size=1, max_size=12))
def test_csv_parquet_and_table_say_the_same(rows: list[Row], tmp_path: Path) -> None:
    table = table_of(rows)
    texts = pa.array([None if row["us"] is None else from_us(row["us"]).isoformat() for row in rows], pa.string())
    pyarrow.csv.write_csv(table.set_column(1, "at", texts), tmp_path / "s.csv")
    pyarrow.parquet.write_table(table, tmp_path / "s.parquet")
    sources = [table, tmp_path / "s.csv", tmp_path / "s.parquet"]
    first, *others = [encoded(source, REGISTRY, OTHER) for source in sources]
    for found, tally in others:
        assert [as_rows(part) for part in found] == [as_rows(part) for part in first[0]]
        assert [part.key.tolist() for part in found] == [part.key.tolist() for part in first[0]]
        assert (tally.refused, tally.unknown) == (first[1].refused, first[1].unknown)
        assert tally.undirected == first[1].undirected


@pytest.mark.parametrize(
    ("text", "us"),
    [
        ("2026-03-01T08:00:00+08:00", T0 + 8 * 3600 * 10**6),
        ("2026-03-01T00:00:00Z", T0 + 8 * 3600 * 10**6),
        ("2026-03-01T08:00:00.123456+08:00", T0 + 8 * 3600 * 10**6 + 123456),
        ("2026-02-28T23:30:00.5-00:30", T0 + 8 * 3600 * 10**6 + 500_000),
        ("2026-03-01t00:00:00z", T0 + 8 * 3600 * 10**6),
        ("2026-03-01t08:00:00.5+08:00", T0 + 8 * 3600 * 10**6 + 500_000),
        ("2026-03-01T08:00:00", None),  # no offset: whose time?
        ("2026-02-30T08:00:00+08:00", None),
        ("yesterday", None),
        (None, None),
    ],
)
def test_moments_are_rfc_3339(text: str | None, us: int | None) -> None:
    for beside in ("2026-03-01T00:00:00Z", "broken"):  # one bad text spoils no other
        found, known = moments(pa.array([text, beside], pa.string()))
        assert bool(known[0]) is (us is not None)
        assert us is None or found[0] == us
    whole, _ = moments(pa.array([T0 * 1000 + 999], pa.timestamp("ns", "Asia/Shanghai")))
    assert whole.tolist() == [T0]


def test_refused_rows_are_listed_with_line_and_reason(tmp_path: Path) -> None:
    lines = [
        ",".join(COLUMNS),
        "e1,2026-03-01T08:00:00+08:00,gate,in,face,p0,,,,granted,",
        "e2,2026-03-01T08:00:00+08:00,gate",
        "e3,yesterday,gate,in,face,p0,,,,granted,",
        ",2026-03-01T08:00:00+08:00,gate,in,face,p0,,,,granted,",
        "e5,2026-03-01T08:00:00+08:00,gate,in,face,p0,,,,granted,,extra",
        "e6,2026-03-01T08:00:00+08:00,gate,sideways,face,p0,,,,granted,",
    ]
    (tmp_path / "s.csv").write_text("\ufeff" + "\r\n".join(lines) + "\r\n", "utf-8")
    tally, broken = Tally(), []
    sheet = open_sightings(tmp_path / "s.csv", lambda *place: broken.append(place))
    encoder = Encoder([REGISTRY], sheet, tally)
    found = together([rows for piece in sheet.pieces for _, rows in encoder.encode(piece)])
    assert len(found) == 1
    assert broken == [(3, 3, 11), (6, 12, 11)]
    assert [(row.line, row.column) for row in tally.listed] == [(4, "at"), (5, "event"), (7, "direction")]
    assert "yesterday" in tally.listed[0].en
    assert "sideways" in tally.listed[2].zh


def test_only_the_first_refusals_are_listed_and_all_are_counted() -> None:
    row = {"event": "e", "us": None, "direction": "in", "modality": "face", "outcome": "granted"}
    rows = [row | {column: None for column, *_ in NAMED}] * (LISTED + 5)
    _, tally = encoded(table_of(rows), REGISTRY)
    assert (tally.refused["at"], len(tally.listed)) == (LISTED + 5, LISTED)


@pytest.mark.parametrize("missing", ["event", "at", "door", "direction", "modality", "person", "outcome"])
def test_a_needed_column_that_is_missing_refuses_the_file(missing: str, tmp_path: Path) -> None:
    table = table_of([]).drop_columns([missing])
    pyarrow.parquet.write_table(table, tmp_path / "s.parquet")
    (tmp_path / "s.csv").write_text(",".join(name for name in COLUMNS if name != missing) + "\n")
    for source in (table, tmp_path / "s.parquet", tmp_path / "s.csv"):
        with pytest.raises(SightingsRefused, match=missing):
            open_sightings(source, told)


def test_other_columns_may_be_missing_and_strange_ones_are_named() -> None:
    row = {"event": "e", "us": T0, "direction": "in", "modality": "face", "outcome": "granted"}
    rows = [row | {column: None for column, *_ in NAMED} | {"person": "p0"}]
    table = table_of(rows).drop_columns(["pass", "home", "plate", "seen"]).append_column("score", pa.array([0.5]))
    (found,), _ = encoded(table, REGISTRY)
    assert (found.person.tolist(), found.pass_.tolist()) == ([REGISTRY.persons.handle("p0")], [NOBODY])
    assert open_sightings(table, told).strange == ("score",)


def test_moments_without_a_zone_and_files_of_another_kind_are_refused(tmp_path: Path) -> None:
    table = table_of([]).set_column(1, "at", pa.array([], pa.timestamp("us")))
    with pytest.raises(SightingsRefused, match="zone"):
        open_sightings(table, told)
    for column in ("event", "at", "modality", "outcome"):
        wrong = table_of([]).drop_columns([column]).append_column(column, pa.array([], pa.float64()))
        with pytest.raises(SightingsRefused, match=column):
            open_sightings(wrong, told)
    for name, content in (("s.txt", b"x"), ("s.parquet", b"no parquet"), ("s.csv", b"")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(SightingsRefused):
            open_sightings(tmp_path / name, told)
    with pytest.raises(SightingsRefused):
        open_sightings(tmp_path / "not-there.csv", told)
    with pytest.raises(SightingsRefused, match="twice"):
        open_sightings(table_of([]).append_column("event", pa.array([], pa.string())), told)


def test_names_may_be_numbers_or_large_texts(tmp_path: Path) -> None:
    numbered = Registry.of(
        Rows(estate="e3", homes=[home("7")], doors=[door("gate", "gate")],
             members=[MemberRow("41", "7", "tenant", START, None, False)])
    )  # fmt: skip
    row = {"event": "e", "us": T0, "direction": "in", "modality": "face", "outcome": "granted"}
    table = table_of([row | {column: None for column, *_ in NAMED}])
    for values in (pa.array([41]), pa.array(["41"], pa.large_string()), pa.array(["41"]).dictionary_encode()):
        said = table.set_column(table.column_names.index("person"), "person", values)
        pyarrow.parquet.write_table(said, tmp_path / "s.parquet")
        for source in (said, tmp_path / "s.parquet"):
            (found,), tally = encoded(source, numbered)
            assert (found.person.tolist(), tally.unknown.total()) == ([0], 0)


EMPTY = ("door", "direction", "person", "pass", "home", "plate", "seen")


def small_table(count: int) -> pa.Table:
    row = {"us": T0, "direction": "in", "modality": "face", "outcome": "granted"}
    return table_of([row | {column: None for column, *_ in NAMED} | {"event": f"e{n}"} for n in range(count)])


def with_column(table: pa.Table, column: str, values: pa.Array) -> pa.Table:
    return table.set_column(table.column_names.index(column), column, values)


@pytest.mark.parametrize("column", EMPTY)
@pytest.mark.parametrize(
    "kind", [pa.null(), pa.float64(), pa.float32(), pa.dictionary(pa.int32(), pa.float64())], ids=str
)
def test_a_column_empty_throughout_may_be_of_decimals(column: str, kind: pa.DataType, tmp_path: Path) -> None:
    table = with_column(small_table(3), column, pa.nulls(3, kind))
    pyarrow.parquet.write_table(table, tmp_path / "s.parquet")
    plain = [as_rows(part) for part in encoded(with_column(table, column, pa.nulls(3, pa.string())), REGISTRY)[0]]
    for source in (table, tmp_path / "s.parquet"):
        found, tally = encoded(source, REGISTRY)
        assert [as_rows(part) for part in found] == plain
        assert (tally.refused.total(), tally.unknown.total()) == (0, 0)


@pytest.mark.parametrize("column", EMPTY)
def test_of_a_column_of_decimals_only_the_rows_with_one_are_refused(column: str, tmp_path: Path) -> None:
    values = pa.array([None, 41.0, float("nan"), 2.5], pa.float64())
    table = with_column(small_table(4), column, values)
    pyarrow.parquet.write_table(table, tmp_path / "s.parquet")
    for source in (table, tmp_path / "s.parquet"):
        (found,), tally = encoded(source, REGISTRY)
        assert found.key.tolist() == event_keys(pa.array(["e0", "e2"]))[0].tolist()
        assert tally.refused == {column: 2} | {name: 0 for name in tally.refused if name != column}
        assert [(row.line, row.column) for row in tally.listed] == [(2, column), (4, column)]
        assert "2.5" in tally.listed[1].en
        assert "2.5" in tally.listed[1].zh


@pytest.mark.parametrize("kind", [pa.large_string(), pa.string_view()], ids=str)
def test_every_type_of_text_is_read(kind: pa.DataType, tmp_path: Path) -> None:
    plain = with_column(small_table(2), "person", pa.array(["p0", None], pa.string()))
    plain = with_column(plain, "at", pa.array(["2026-03-01T08:00:00+08:00", "2026-03-01t00:00:00z"]))
    table = plain.cast(pa.schema([pa.field(name, kind) for name in plain.column_names]))
    pyarrow.parquet.write_table(table, tmp_path / "s.parquet")
    wanted = as_rows(encoded(plain, REGISTRY)[0][0])
    assert len(wanted) == 2
    for source in (table, tmp_path / "s.parquet"):
        assert as_rows(encoded(source, REGISTRY)[0][0]) == wanted


def test_an_empty_direction_is_unknown_and_counted() -> None:
    table = with_column(small_table(4), "direction", pa.array(["in", "", None, "up"]))
    (found,), tally = encoded(table, REGISTRY)
    assert found.way.tolist() == [WAYS["in"], WAYS["unknown"], WAYS["unknown"]]
    assert (tally.undirected, tally.refused["direction"]) == (2, 1)


def test_integers_are_their_own_keys_and_equal_texts_share_one() -> None:
    assert event_keys(pa.array([7, None, 2**40], pa.int64()))[0].tolist() == [7, 0, 2**40]
    keys, known = event_keys(pa.array(["a", "b", "a", "", "x" * (MAX_EVENT + 1)]).slice(1))
    again, _ = event_keys(pa.array(["a"]))
    assert keys[1] == again[0] != keys[0]
    assert known.tolist() == [True, True, False, False]
    assert len(ROWS.homes) == len(REGISTRY.homes)
    many, _ = event_keys(pa.array([f"gw-{n}" for n in range(200_000)]))
    assert len(np.unique(many)) == 200_000
