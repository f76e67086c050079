"""From the log's rows to columns: what cannot be placed is left out or nobody, and counted."""

import pytest
from prometheus_client import REGISTRY as METRICS

from occupancy.codes import OUTCOMES, UnknownWord, encode
from occupancy.encoding import LOG_COLUMNS, count_unplaced
from occupancy.encoding import encode as encode_rows
from tests.unit.occupancy_worlds import REGISTRY


def log_row(**values: object) -> list[object]:
    fields = {
        "taken_us": 1, "door": "gate", "direction": "in", "modality": "face", "outcome": "granted", "opens": True,
        "person": "p0", "seen": None, "pass": None, "plate": None, "home": None,
    }  # fmt: skip
    return [(fields | values)[name] for name in LOG_COLUMNS]


def counted(reason: str) -> float:
    return METRICS.get_sample_value("anju_occupancy_unplaced_total", {"reason": reason}) or 0.0


def test_names_become_handles() -> None:
    found = encode_rows([log_row(), log_row(person=None, plate="A1", home="h2", **{"pass": "v1"})], REGISTRY)
    assert found.person.tolist() == [REGISTRY.persons.handle("p0"), -1]
    assert found.plate.tolist() == [-1, REGISTRY.plates.handle("A1")]
    assert found.pass_.tolist() == [-1, REGISTRY.passes.handle("v1")]
    assert found.home.tolist() == [-1, REGISTRY.homes.handle("h2")]
    assert found.key.tolist() == [0, 1]


def test_no_rows() -> None:
    assert len(encode_rows([], REGISTRY)) == 0


def test_what_cannot_be_placed_is_counted() -> None:
    rows = [log_row(), log_row(person="stranger"), log_row(door="elsewhere"), log_row(direction="sideways")]
    before = {reason: counted(reason) for reason in ("unknown_person", "unknown_door", "unknown_word")}
    found = encode_rows(rows, REGISTRY)
    count_unplaced(rows, found, REGISTRY)
    assert found.person.tolist() == [REGISTRY.persons.handle("p0"), -1, REGISTRY.persons.handle("p0")]
    assert found.door.tolist()[-1] == -1
    assert {reason: counted(reason) - number for reason, number in before.items()} == {
        "unknown_person": 1, "unknown_door": 1, "unknown_word": 1,
    }  # fmt: skip


def test_a_word_that_is_none_of_ours_is_told_with_those_that_are() -> None:
    with pytest.raises(UnknownWord, match="granted, denied"):
        encode(["welcome"], OUTCOMES, "结果 / outcome")
