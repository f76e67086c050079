"""The finger recogniser: a picture from a finger reader becomes an ISO/IEC 19794-2:2005 record with its quality.

It takes a quarter of a second to a second (see docs/adr/0013-fingerprints.md): run it by `finger_queue`, off the thread
that hears events.
"""

from enum import StrEnum

import cv2
import numpy as np

from core.facts import Modality
from core.texts import Text, register
from gateway.recognisers.base import FingerFound, Probe
from gateway.recognisers.finger_network import Found, MinutiaeNetwork, at_500_dpi
from gateway.recognisers.images import Picture, require_picture
from gateway.recognisers.manifest import Manifest, WrongManifest
from gateway.recognisers.reasons import Reason
from recognition.fingers.features import ENROLLED_QUALITY
from recognition.fingers.minutiae import to_record
from recognition.fingers.records import encode

register(
    {
        "finger_small": Text(
            "采集到的指纹特征太少（{value:.0f}个，至少{limit:.0f}个），请擦净手指，放平、居中、稍用力按压",
            "Too little of the finger was read ({value:.0f} features, at least {limit:.0f}): wipe it, lay it flat and "
            "centred, press a little",
        ),
        "finger_unclear": Text(
            "指纹不清晰（{value:.2f}，应达到{limit:.2f}），请擦净手指和采集窗；太干可哈气",
            "The finger is unclear ({value:.2f}, wanted {limit:.2f}): wipe finger and window; breathe on a dry finger",
        ),
    }
)
_ENOUGH = 20  # minutiae from which a score rests on as many pairs as it may (see recognition.fingers.relaxation)
_CLEAR = 0.6  # mean quality of the minutiae that count; the network's own default keeps those above
_LEAST_DPI, _MOST_DPI = 150, 2000


class FingerOutcome(StrEnum):
    """What a picture held."""

    FOUND = "finger_found"
    NO_FINGER = "no_finger"


class FingerRecogniser:
    """The minutiae network and the record it ends in. For one thread."""

    modality = Modality.FINGER

    def __init__(self, manifest: Manifest) -> None:
        """Raises WrongManifest where the site uses no finger model; ModelMissing, ModelChanged or ModelUnusable."""
        model = manifest.finger_minutiae
        if model is None:
            raise WrongManifest(
                "本站点的模型清单没有启用指纹模型。",
                "The models manifest of this site has no finger model in use.",
                mend_zh="请在 [use] 中设置 finger_minutiae。",
                mend_en="Set finger_minutiae in [use].",
            )
        self.model = model.id
        self._network = MinutiaeNetwork(model)

    def read(self, picture: Picture, *, dpi: int = 500) -> FingerFound | None:
        """The finger of a (height, width, 3) uint8 picture, ridges dark, taken at `dpi`; None where none is seen.

        Raises:
            UnreadableImage: not such a picture.
            ValueError: a resolution outside 150 to 2,000 dpi.
        """
        if not _LEAST_DPI <= dpi <= _MOST_DPI:
            raise ValueError(f"a finger reader of {dpi} dpi is not supported: {_LEAST_DPI} to {_MOST_DPI}")
        grey = cv2.cvtColor(require_picture(picture), cv2.COLOR_BGR2GRAY).astype(np.uint8)
        grey = at_500_dpi(grey, dpi)
        found = self._network.find(grey)
        if not len(found.points):
            return None
        quality, reasons = judge(found)
        record = to_record(
            found.points, found.endings, width=grey.shape[1], height=grey.shape[0], quality=round(quality * 100)
        )
        return FingerFound(
            modality=self.modality,
            model=self.model,
            quality=quality,
            reasons=reasons,
            record=encode(record),
            minutiae=len(found.points),
        )

    def recognise(self, picture: Picture) -> list[Probe]:
        """See Recogniser: the finger, or nothing."""
        found = self.read(picture)
        return [found] if found else []


def judge(found: Found) -> tuple[float, tuple[Reason, ...]]:
    """Quality 0..1 of an impression, and what stands in the way of a better one, the worst first."""
    counted = found.points[found.points[:, 3] >= ENROLLED_QUALITY, 3]
    clear = float(counted.mean()) if len(counted) else 0.0
    parts = [
        (min(1.0, len(counted) / _ENOUGH), Reason("finger_small", float(len(counted)), float(_ENOUGH))),
        (min(1.0, clear / _CLEAR), Reason("finger_unclear", clear, _CLEAR)),
    ]
    reasons = tuple(reason for part, reason in sorted(parts, key=lambda row: row[0]) if part < 1.0)
    return parts[0][0] * parts[1][0], reasons
