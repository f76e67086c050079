"""The fold's benchmark: it gives a time only for equal columns, and a stream has what SQL is asked about."""

import numpy as np
import pytest

from benchmarks import fold, fold_duckdb
from benchmarks.fold_stream import A_DAY, draw


def test_figures_are_given_where_both_make_the_same() -> None:
    said = fold.measure(12_000, 60, rounds=1)
    assert (said["sightings"], said["homes"], said["days"]) == (12_000, 60, 12_000 // (60 * A_DAY))
    assert said["equal_columns"] == len(fold_duckdb.COLUMNS)
    for rate in ("sightings_per_second", "parquet_sightings_per_second", "csv_sightings_per_second"):
        assert int(str(said[rate])) > 0
    assert float(str(said["duckdb_ratio"])) > 0


def test_no_time_is_given_for_unequal_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    right = fold_duckdb.home_days

    def wrong(*arguments: object) -> fold.Table:
        made = right(*arguments)  # type: ignore[arg-type]
        made["bodies_seen"][3, 0] += 1
        return made

    monkeypatch.setattr(fold_duckdb, "home_days", wrong)
    with pytest.raises(fold.Unequal, match="bodies_seen"):
        fold.measure(3_000, 30, rounds=1)


def test_every_column_is_put_to_the_proof() -> None:
    stream = draw(20_000, 50)
    _, made = fold.fold(stream.sightings, fold._registry(stream), stream)
    idle = [name for name, column in made.items() if len(np.unique(column)) < 2]
    assert idle == []
