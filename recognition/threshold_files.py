"""What a site measured of its recognisers, as files: one JSON file a model, written by `anju evaluate`.

The file holds the thresholds by size of gallery and the calibration of the scores, both under the model's id. A file in
`thresholds` of the data directory counts from the next start of recognition, before what ships with the release; the
gateways are sent the thresholds with everything else they judge by.
"""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import msgspec

from core.errors import AnjuError
from recognition.calibration import Calibration
from recognition.calibrations import CALIBRATIONS
from recognition.thresholds import TABLES, ThresholdTable

FOLDER = "thresholds"


class ThresholdsUnusable(AnjuError):
    """A file of thresholds that cannot be read."""

    code = "thresholds_unusable"


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured of one model; both parts name it."""

    version: int = 1
    thresholds: ThresholdTable
    calibration: Calibration | None = None

    def __post_init__(self) -> None:
        if self.version != 1:
            raise ValueError(f"version {self.version} is not read here")
        if self.calibration and self.calibration.model != self.thresholds.model:
            raise ValueError("thresholds and calibration are of two models")


NOTHING_MEASURED: Mapping[str, Measured] = MappingProxyType({})


def write(measured: Measured, file: Path) -> None:
    """Write the file whole, or leave the old one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_suffix(".part")
    beside.write_bytes(msgspec.json.format(msgspec.json.encode(measured), indent=1) + b"\n")
    beside.replace(file)


def read(file: Path) -> Measured:
    """One file; raises ThresholdsUnusable."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=Measured)
    except (OSError, ValueError, AnjuError) as error:  # decoding errors are ValueErrors
        raise ThresholdsUnusable(
            f"阈值文件 {file} 无法使用：{error}",
            f"The thresholds in {file} cannot be used: {error}",
            mend_zh="请用 anju evaluate 重新生成，或移走该文件。",
            mend_en="Write it again with `anju evaluate`, or take the file away.",
        ) from error


def read_all(var_dir: Path) -> dict[str, Measured]:
    """What the installation measured, by model; empty without a folder. Raises ThresholdsUnusable."""
    found = [read(file) for file in sorted((var_dir / FOLDER).glob("*.json"))]
    return {one.thresholds.model: one for one in found}


def tables(measured: Mapping[str, Measured]) -> Mapping[str, ThresholdTable]:
    """The thresholds in use: the site's own before those that ship."""
    return {**TABLES, **{model: one.thresholds for model, one in measured.items()}}


def calibrations(measured: Mapping[str, Measured]) -> Mapping[str, Calibration]:
    """The calibrations in use, likewise."""
    return {**CALIBRATIONS, **{model: one.calibration for model, one in measured.items() if one.calibration}}
