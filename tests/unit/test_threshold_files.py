"""What a site measured: written, read again, refused in words, used before what ships."""

from pathlib import Path

import pytest

from core.facts import Modality
from recognition import threshold_files
from recognition.calibration import Calibration
from recognition.calibrations import CALIBRATIONS
from recognition.threshold_files import NOTHING_MEASURED, Measured, ThresholdsUnusable
from recognition.thresholds import SFACE, TABLES, Measurement, ThresholdTable


def measured(model: str = "site-1") -> Measured:
    rows = (
        Measurement(templates=300, people=150, threshold=0.4, fpir=0.01, fnir=0.02, source="here"),
        Measurement(
            templates=20_000, people=10_000, threshold=0.5, fpir=0.01, fnir=0.1, source="here", extrapolated=True
        ),
    )
    calibration = Calibration(
        model=model, modality=Modality.FACE, scores=(0.1, 0.6), llrs=(-4.0, 5.0), genuine=100, impostor=900,
        cllr=0.1, cllr_least=0.05, source="here",
    )  # fmt: skip
    return Measured(
        thresholds=ThresholdTable(model=model, rows=rows, margin=0.03, margin_source="here"), calibration=calibration
    )


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    threshold_files.write(measured(), tmp_path / "thresholds" / "site-1.json")
    assert threshold_files.read_all(tmp_path) == {"site-1": measured()}
    assert threshold_files.read_all(tmp_path / "elsewhere") == {}


def test_the_sites_own_comes_before_what_ships() -> None:
    own = {SFACE.model: measured(SFACE.model)}
    assert threshold_files.tables(own)[SFACE.model].margin == 0.03
    assert threshold_files.calibrations(own)[SFACE.model].genuine == 100
    assert threshold_files.tables(NOTHING_MEASURED) == dict(TABLES)
    assert threshold_files.calibrations(NOTHING_MEASURED) == dict(CALIBRATIONS)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"margin": 0.03', '"margin": -1'),
        ('"threshold": 0.5', '"threshold": 0.3'),  # falls as the gallery grows
        ('"llrs": [', '"llrs": [9, '),
        ('"version": 1', '"version": 2'),
        ('"model": "site-1"', '"model": "other"'),  # the thresholds' only
        ("{", ""),
    ],
)
def test_a_file_that_says_nonsense_is_refused_with_its_name(tmp_path: Path, old: str, new: str) -> None:
    file = tmp_path / "thresholds" / "site-1.json"
    threshold_files.write(measured(), file)
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(ThresholdsUnusable, match=r"site-1\.json") as caught:
        threshold_files.read_all(tmp_path)
    assert "anju evaluate" in caught.value.text("zh")


def test_a_threshold_on_a_computed_row_is_marked() -> None:
    table = measured().thresholds
    assert [table.at(size).extrapolated for size in (100, 300, 5_000, 20_000, 30_000)] == [
        True,
        False,
        True,
        True,
        True,
    ]
    assert table.at(20_000).value == 0.5
