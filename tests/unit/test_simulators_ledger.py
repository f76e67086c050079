"""The yardstick itself: a ledger counts what happened, and its reckoning finds every loss and every double."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators import ledger
from simulators.ledger import Key, Ledger, LedgerDamaged, Tally
from simulators.reckoning import reckon

KEYS = [("gate-in", f"r1-{number}") for number in range(6)]


def _written(path: Path, keys: list[Key] = KEYS) -> Tally:
    book = Ledger(path, "r1", 1_000)
    book.presented(keys, range(0, 1000 * len(keys), 1000))
    for device, event in keys:
        book.stored(device, event)
        book.moved(device, event, "gate", True, "granted", 50_000)
    book.close()
    return ledger.read(path)


def test_a_clean_run_has_nothing_lost_and_nothing_doubled(tmp_path: Path) -> None:
    result = reckon(_written(tmp_path / "book"), KEYS)
    assert (result.presented, result.stored, result.lost, result.duplicated, result.untold) == (6, 6, 0, 0, 0)
    assert result.examples == {}
    assert 45 <= result.door_ms_p50 <= 50


@given(times=st.lists(st.integers(0, 3), min_size=6, max_size=6))
def test_lost_and_duplicated_are_what_is_missing_and_what_is_too_many(
    tmp_path_factory: pytest.TempPathFactory, times: list[int]
) -> None:
    tally = _written(tmp_path_factory.mktemp("book") / "book")
    result = reckon(tally, [key for key, count in zip(KEYS, times, strict=True) for _ in range(count)])
    assert result.lost == times.count(0)
    assert result.duplicated == sum(max(0, count - 1) for count in times)


def test_a_lost_event_that_was_never_acknowledged_is_told_apart(tmp_path: Path) -> None:
    book = Ledger(tmp_path / "book", "r1", 0)
    book.presented(KEYS, range(6))
    book.stored(*KEYS[0])
    book.close()
    result = reckon(ledger.read(tmp_path / "book"), [])
    assert (result.lost, result.unsettled) == (6, 5)


def test_a_refused_event_is_no_loss_and_must_not_be_seen(tmp_path: Path) -> None:
    book = Ledger(tmp_path / "book", "r1", 0)
    book.presented(KEYS[:2], range(2))
    for device, event in KEYS[:2]:
        book.refused(device, event, "not_a_picture")
    book.close()
    result = reckon(ledger.read(tmp_path / "book"), KEYS[1:2])
    assert (result.lost, result.refused, result.refused_but_seen) == (0, {"not_a_picture": 2}, 1)


def test_a_door_that_opened_twice_for_one_event_is_found(tmp_path: Path) -> None:
    book = Ledger(tmp_path / "book", "r1", 0)
    book.presented(KEYS[:1], [0])
    book.stored(*KEYS[0])
    for _ in range(2):
        book.moved(*KEYS[0], "gate", True, "granted", 9)
    book.moved("", "", "gate", True, "fire", 10)
    book.close()
    tally = ledger.read(tmp_path / "book")
    assert reckon(tally, KEYS[:1]).opened_twice == 1
    assert tally.unasked == 1


def test_other_runs_and_other_devices_are_left_out_and_unknown_events_are_not(tmp_path: Path) -> None:
    result = reckon(_written(tmp_path / "book"), [*KEYS, ("gate-in", "r0-1"), ("cam", "r1-1"), ("gate-in", "r1-99")])
    assert (result.duplicated, result.unknown) == (0, 1)


def test_a_second_thing_in_one_picture_is_no_double(tmp_path: Path) -> None:
    device, event = KEYS[0]
    result = reckon(_written(tmp_path / "book"), [*KEYS, (device, f"{event}#2")])
    assert (result.lost, result.duplicated, result.unknown) == (0, 0, 0)
    assert reckon(_written(tmp_path / "again"), [*KEYS, (device, f"{event}#2"), (device, f"{event}#2")]).duplicated == 1


def test_a_line_torn_by_a_kill_is_cut_off_and_the_run_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "book"
    _written(path)
    path.write_bytes(path.read_bytes() + b'["p","gate-in","r1')
    assert len(ledger.read(path).entries) == 6
    again = Ledger(path, "another", 5)
    again.presented([("gate-in", "r1-6")], [7])
    again.close()
    tally = ledger.read(path)
    assert (tally.run, tally.start_us, len(tally.entries)) == ("r1", 1_000, 7)


@pytest.mark.parametrize(
    "text", ["", "[]\n", '["p","a","b",1]\n', '["run","r1",0]\nnoise\n', '["run","r1",0]\n["p"]\n']
)
def test_a_damaged_ledger_proves_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "book").write_text(text)
    with pytest.raises(LedgerDamaged):
        ledger.read(tmp_path / "book")
