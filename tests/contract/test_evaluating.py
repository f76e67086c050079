"""`anju evaluate` on real pictures, as a site would run it."""

import csv
from pathlib import Path

import pytest
from typer.testing import CliRunner

from anju.cli import app
from recognition import threshold_files

FACES = Path(__file__).parents[3] / "shared" / "data" / "faces"
PEOPLE, STRANGERS = 25, 44


@pytest.mark.real_data
@pytest.mark.skipif(not FACES.is_dir(), reason="the labelled faces (../shared/data/faces) are not there")
def test_a_site_measures_its_own_pictures(tmp_path: Path) -> None:
    with (FACES / "labels.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    enrolled = sorted({row["person"] for row in rows if row["role"] == "enrol"})[:PEOPLE]
    chosen = [row for row in rows if row["person"] in enrolled and row["role"] == "enrol"]
    chosen += [next(row for row in rows if row["person"] == one and row["role"] == "probe") for one in enrolled]
    chosen += [row for row in rows if row["role"] == "impostor"][:STRANGERS]
    with (tmp_path / "labels.csv").open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["file", "person", "role"])
        writer.writerows([FACES / row["file"], row["person"], row["role"]] for row in chosen)
    result = CliRunner().invoke(
        app, ["evaluate", "--data", str(tmp_path), "--out", str(tmp_path / "var"), "--fpir", "0.1"]
    )
    assert result.exit_code == 0, result.output
    (file,) = (tmp_path / "var").glob("*.json")
    measured = threshold_files.read(file)
    assert measured.thresholds.rows[0].people == PEOPLE
    assert measured.thresholds.rows[0].fnir <= 0.2
    assert measured.calibration is not None
    assert measured.calibration.cllr < 0.4
    assert (tmp_path / "var" / "det.svg").read_text("utf-8").startswith("<svg")
