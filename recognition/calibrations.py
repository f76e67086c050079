"""The calibrations that ship, of models that ship, fitted on public data; a site's own come from `anju evaluate`."""

from collections.abc import Mapping
from types import MappingProxyType

from core.facts import Modality
from recognition.calibration import Calibration

SFACE = Calibration(
    model="sface-2021dec-int8bq",
    modality=Modality.FACE,
    scores=(-0.2, 0.3885, 0.3888, 0.4259, 0.4304, 0.9027),
    llrs=(-4.736, -4.736, 1.245, 1.245, 10.292, 10.292),
    genuine=570,
    impostor=29700,
    cllr=0.0417,
    cllr_least=0.0302,
    source="LFW: 570 probes of 150 people with two templates each, 198 strangers with each of them; `anju evaluate`. "
    "Four of the 570 score below 0.15; some of them may be labelled wrongly.",
)

CALIBRATIONS: Mapping[str, Calibration] = MappingProxyType({SFACE.model: SFACE})
