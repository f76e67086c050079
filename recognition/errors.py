"""What recognition refuses, each with a code for counters and words for staff."""

from core.errors import AnjuError


class RecognitionError(AnjuError, ValueError):
    """Base of what the pure modules of recognition refuse; nothing has changed when one is raised."""

    code = "recognition_error"


class BadArray(RecognitionError):
    """An array of another shape, dtype or range than asked for."""

    code = "bad_array"


class BadTemplate(RecognitionError):
    """Templates that must not enter a gallery: not finite, not of unit norm, or no person behind them."""

    code = "bad_template"


class DuplicateTemplate(RecognitionError):
    """A template id that the gallery already holds."""

    code = "duplicate_template"


class ModelMismatch(RecognitionError):
    """Embeddings of one model were about to be compared with those of another."""

    code = "model_mismatch"

    def __init__(self, *, gallery: str, offered: str) -> None:
        super().__init__(
            f"特征来自模型“{offered}”，而底库属于模型“{gallery}”，二者不能比对。",
            f"the embedding is of model {offered!r}, the gallery of model {gallery!r}: they cannot be compared.",
            mend_zh="请在网关启用同一模型，或用新模型重新登记。",
            mend_en="Set the same model on the gateway, or enrol again with the new one.",
        )
        self.gallery = gallery
        self.offered = offered


class BadPlate(RecognitionError):
    """A registered plate that cannot be kept: empty or too long."""

    code = "bad_plate"


class UnmeasuredModel(RecognitionError):
    """No threshold has been measured for this model."""

    code = "unmeasured_model"
