"""A site's own thresholds, from the file in the data directory to the doors and to the gateways."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core import sets, wire
from core.facts import Outcome
from core.topics import Address, Channel
from recognition import threshold_files
from recognition.threshold_files import FOLDER, Measured, ThresholdsUnusable
from recognition.thresholds import Measurement, ThresholdTable
from simulators import embeddings
from tests.contract.test_recognition_service import Bench
from tests.estates import ESTATE, GATE, GATEWAY
from tests.factories import capture

NOBODY_REACHES = 0.9999


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A service whose site accepts hardly anybody."""
    made = Bench(tmp_path)
    row = Measurement(templates=1, people=1, threshold=NOBODY_REACHES, fpir=0.0, fnir=1.0, source="here")
    table = ThresholdTable(model=embeddings.MODEL, rows=(row,), margin=0.05, margin_source="here")
    threshold_files.write(Measured(thresholds=table), tmp_path / FOLDER / "own.json")
    yield made
    made.reader.dispose()


def test_doors_decide_and_gateways_are_sent_what_the_site_measured(bench: Bench) -> None:
    end = bench.run()
    try:
        bench.send(1, capture(door=GATE, probe=bench.face(0)))
        bench.until(lambda: 1 in bench.decisions)
        have = wire.Have(v=wire.VERSION, name=sets.ACCESS, version=0, digest="")
        bench.gateway.publish(Address(ESTATE, GATEWAY, Channel.PULL).topic(), wire.encode(have))
        bench.until(lambda: bool(bench.deltas) and bench.deltas[-1].last)
    finally:
        end()
    assert (bench.decisions[1].outcome, bench.decisions[1].opens) == (Outcome.UNRECOGNISED, False)
    key = sets.policy_key(embeddings.MODEL)
    sealed = next(delta.put[key] for delta in bench.deltas if key in delta.put)
    row = sets.decode_row(sets.unseal(bench.key, sets.ACCESS, key, sealed), sets.PolicyRow)
    assert row.rows[0].threshold == NOBODY_REACHES


def test_a_file_that_cannot_be_read_stops_the_service_in_words(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / FOLDER / "own.json").write_text("{", "utf-8")
    with pytest.raises(ThresholdsUnusable, match=r"own\.json"):
        bench.service()
