"""Parts of the back-test: shelves by time, the reel of home-days, files of parameters, lines of findings."""

import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidValue
from housing.parameters import IDLE_MONTHS
from housing.registry.rows import OutageRow
from occupancy import days
from occupancy.arrays import NOBODY
from occupancy.backtest.estates import Care, blind_intervals, cared_for
from occupancy.backtest.lines import encoded
from occupancy.backtest.parameter_files import ALWAYS, ParametersRefused, read_parameters
from occupancy.backtest.reel import ROOM, Reel
from occupancy.backtest.running import compare
from occupancy.backtest.shelves import DAYS, Shelves
from occupancy.findings import Finding, Step
from occupancy.homedays import COLUMNS, empty
from occupancy.judging import last_days
from occupancy.passages import NONE_US
from occupancy.rules.base import Reason, Values
from occupancy.sightings import DTYPES, Sightings, together
from occupancy.tenure import keys
from tests.unit.occupancy_worlds import REGISTRY, row, sightings

FIRST = days.number(date(2026, 3, 1)) - 1
LAST = FIRST + 9


def as_rows(found: Sightings) -> list[tuple[int, ...]]:
    return list(zip(*(getattr(found, name).tolist() for name in DTYPES), strict=True))


@given(sightings(), st.integers(0, 40), st.integers(0, 9), st.integers(1, 5))
def test_shelves_give_every_row_in_time_whatever_the_order(rows: Sightings, held: int, seed: int, pieces: int) -> None:
    order = np.random.default_rng(seed).permutation(len(rows))
    found: list[list[tuple[int, ...]]] = []
    for places in (np.arange(len(rows)), order):
        with Shelves(FIRST + 1, LAST, held) as shelves:
            for part in np.array_split(places, pieces):
                shelves.put(rows.take(part))
            repeated = shelves.repeated_keys().tolist()
            taken = list(shelves.take())
            taken_us = rows.taken_us
            within = (days.numbers_at(taken_us) >= FIRST + 1) & (days.numbers_at(taken_us) < LAST)
            assert shelves.outside == int((~within).sum())
            assert shelves.first_us == (int(taken_us[within].min()) if within.any() else None)
        kept = rows.key[within].tolist()
        assert repeated == sorted({key for key in kept if kept.count(key) > 1})
        assert [first for first, *_ in taken] == list(range(FIRST + 1, LAST, DAYS))
        for begins, count, week in taken:
            assert set(days.numbers_at(week.taken_us).tolist()) <= set(range(begins, begins + count))
        found.append([one for *_, week in taken for one in as_rows(week)])
        assert sorted(found[-1]) == sorted(as_rows(rows.take(np.flatnonzero(within))))
        assert [one[1] for one in found[-1]] == sorted(one[1] for one in found[-1])
    assert found[0] == found[1]


def test_shelves_leave_nothing_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with Shelves(FIRST, LAST, 0) as shelves:
        shelves.put(row())
        assert len(list(tmp_path.rglob("*.rows"))) == 1
        assert sum(len(part) for *_, part in shelves.take()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_reel_holds_the_last_days_of_every_home() -> None:
    rng, window, count, homes = np.random.default_rng(1), 5, 2 * ROOM + 9, 3
    whole = empty(np.arange(homes, dtype=np.int32), FIRST, count)
    for name in COLUMNS:
        column = getattr(whole, name)
        column[:] = rng.integers(0, 3, column.shape)
    whole.last_member_us[rng.random(whole.shape) < 0.6] = NONE_US
    whole.outage_share[:] = rng.choice([0.0, 0.0, 0.3, 0.8], whole.shape)
    reel = Reel(homes, window, FIRST)
    for day in range(count):
        reel.add(whole, FIRST + day)
        seen = reel.view()
        assert (seen.first_day, seen.shape) == (FIRST + day - window + 1, (homes, window))
        for name in COLUMNS:
            blank = getattr(empty(whole.homes, 0, window), name)
            wanted = np.concatenate([blank, getattr(whole, name)[:, : day + 1]], axis=1)[:, -window:]
            np.testing.assert_array_equal(getattr(seen, name), wanted)
        entered = [np.flatnonzero(whole.last_member_us[h, : day + 1] != NONE_US) for h in range(homes)]
        assert reel.last_entry.tolist() == [FIRST + int(e[-1]) if len(e) else days.NEVER for e in entered]
        for share in (0.2, 0.5):
            home, when = np.nonzero(whole.outage_share[:, : day + 1] >= share)
            wanted_keys = np.sort(keys(home.astype(np.int32), (FIRST + when).astype(np.int32)))
            assert reel.unseen(share).tolist() == wanted_keys.tolist()


def test_views_are_slices_and_copy_nothing() -> None:
    reel = Reel(4, 6, FIRST)
    seen = reel.view()
    for name in COLUMNS:
        assert np.shares_memory(getattr(last_days(seen, 2), name), getattr(reel.view(), name))
    assert (last_days(seen, 2).first_day, last_days(seen, 2).shape) == (seen.first_day + 4, (4, 2))


def test_outages_are_of_a_door_or_of_all_doors_of_a_gateway() -> None:
    rows = [
        OutageRow("gate", None, 5, 20), OutageRow(None, "gw1", 30, None), OutageRow("unknown", None, 0, 50),
        OutageRow(None, "unknown", 0, 50), OutageRow("gate", None, 90, 95),
    ]  # fmt: skip
    found = blind_intervals(rows, REGISTRY, 10, 60)
    names = [REGISTRY.doors.name(int(door)) for door in found.door]
    assert list(zip(names, found.from_us.tolist(), found.until_us.tolist(), strict=True)) == [
        ("gate", 10, 20), ("gate", 30, 60), ("garage", 30, 60), ("b1-door", 30, 60),
    ]  # fmt: skip


def test_care_is_consented_from_a_moment_to_a_moment() -> None:
    care = [Care("a", 5, None), Care("b", 5, 9), Care("c", 8, None)]
    assert [sorted(cared_for(care, now)) for now in (4, 5, 8, 9)] == [[], ["a", "b"], ["a", "b", "c"], ["a", "c"]]


def test_parameters_come_from_csv_and_count_from_the_beginning_or_a_day(tmp_path: Path) -> None:
    file = tmp_path / "p.csv"
    file.write_text(
        "\ufeffname,value,effective_from,citation\nidle_months,3,,\nidle_months,5,2026-07-01,市规\n", "utf-8"
    )
    values = Values(read_parameters(file))
    asked = [days.number(date(2025, 1, 1)), days.number(date(2026, 6, 30)), days.number(date(2026, 7, 1))]
    assert [values.on(IDLE_MONTHS, day) for day in asked] == [3, 3, 5]
    assert date(1980, 1, 1) > ALWAYS
    (tmp_path / "short.csv").write_text("name,value\nsublet_kind_days,4\n")
    assert [(row.name, row.value) for row in read_parameters(tmp_path / "short.csv")] == [("sublet_kind_days", "4")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name\nidle_months\n", "columns"),
        ("name,value,colour\nidle_months,3,red\n", "columns"),
        ("", "columns"),
        ("name,value\nidle_weeks,3\n", "line 2: No parameter is called 'idle_weeks'"),
        ("name,value\nidle_months,3\nidle_months,-1\n", "line 3"),
        ("name,value,effective_from\nidle_months,3,soon\n", "line 2: 'soon' is no date"),
        ("name,value\nidle_months,3\nidle_months,4\n", "line 3: The same parameter"),
    ],
)
def test_a_wrong_file_of_parameters_is_refused_with_its_line(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(text)
    with pytest.raises(ParametersRefused, match=said):
        read_parameters(tmp_path / "p.csv")
    with pytest.raises(ParametersRefused):
        read_parameters(tmp_path / "not-there.csv")


def test_a_finding_is_a_line_of_the_contract() -> None:
    finding = Finding(
        finding="f", estate="e1", home="h1", kind="vacancy", stage="suspected",
        stages=(Step("watch", date(2026, 3, 2), 0.5), Step("suspected", date(2026, 3, 14), 0.9)),
        flagged_on=date(2026, 3, 14), onset=date(2026, 2, 20), onset_low=date(2026, 2, 14),
        onset_high=date(2026, 2, 27), probability=0.93, legal_basis="Order 11 Art. 27(5)", first_known_us=1,
        updated_us=2, evidence=(Reason("vacancy.no_entry", {"since": "2026-02-20", "days": 22}),), counter_evidence=(),
    )  # fmt: skip
    (line,) = encoded([finding])
    assert line.endswith(b"}\n")
    said = json.loads(line)
    (evidence,) = said.pop("evidence")
    assert evidence["kind"] == "vacancy.no_entry"
    assert "22" in evidence["zh"] != evidence["en"]
    assert said == {
        "home": "h1", "kind": "vacancy", "stage": "suspected",
        "stages": [{"stage": "watch", "on": "2026-03-02"}, {"stage": "suspected", "on": "2026-03-14"}],
        "flagged_on": "2026-03-14",
        "onset": {"estimate": "2026-02-20", "low": "2026-02-14", "high": "2026-02-27"}, "probability": 0.93,
        "counter_evidence": [], "legal_basis": "Order 11 Art. 27(5)", "ended_on": None,
    }  # fmt: skip


def test_a_period_must_have_a_day() -> None:
    with pytest.raises(InvalidValue, match="before"):
        compare([], Path("s.csv"), date(2026, 3, 2), date(2026, 3, 2))
    assert together([row()]).person[0] != NOBODY
