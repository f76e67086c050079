"""A site's labelled pictures: what `labels.csv` says, and what the pictures score against each other."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import AnjuError
from recognition.evaluation import UNUSABLE, Trials

ROLES = ("enrol", "probe", "impostor")
_NEEDED = ("file", "person", "role")


class LabelsUnusable(AnjuError):
    """The labelled data cannot be used as they are."""

    code = "labels_unusable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """One picture: its file, whom it shows, its role, and its further labels by column."""

    file: str
    person: str
    role: str
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scored:
    """What the pictures scored.

    Attributes:
        trials: against the gallery of all enrolled people.
        probes, strangers: the pictures behind the rows of the trials.
        unusable: pictures without a usable face; `unusable_enrolled` of them were to be enrolled.
    """

    trials: Trials
    probes: Sequence[Labelled]
    strangers: Sequence[Labelled]
    unusable: int
    unusable_enrolled: int


def read_labels(file: Path) -> list[Labelled]:
    """The rows of labels.csv; raises LabelsUnusable with what is wrong and where."""
    if not file.is_file():
        raise unusable(f"缺少 {file}", f"{file} is not there")
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.DictReader(lines))
    except (UnicodeDecodeError, csv.Error) as error:
        raise unusable(f"{file} 无法读取：{error}", f"{file} cannot be read: {error}") from error
    missing = [name for name in _NEEDED if not rows or name not in rows[0]]
    if missing:
        raise unusable(f"{file} 缺少列 {'、'.join(missing)}", f"{file} has no column {', '.join(missing)}")
    labelled = []
    for line, row in enumerate(rows, 2):
        if row["role"] not in ROLES or not row["file"] or not row["person"]:
            raise unusable(
                f"第{line}行：role 应为 {'、'.join(ROLES)}，file 和 person 不得为空",
                f"line {line}: role must be {', '.join(ROLES)}, file and person must be given",
            )
        labels = {name: value for name, value in row.items() if name and name not in _NEEDED and isinstance(value, str)}
        labelled.append(Labelled(file=row["file"], person=row["person"], role=row["role"], labels=labels))
    _check_people(labelled)
    return labelled


def _check_people(labelled: Sequence[Labelled]) -> None:
    people = {role: {one.person for one in labelled if one.role == role} for role in ROLES}
    if lost := people["probe"] - people["enrol"]:
        raise unusable(
            f"{min(lost)} 有测试图片但没有登记图片", f"{min(lost)} has probes but no picture with role enrol"
        )
    if known := people["impostor"] & people["enrol"]:
        raise unusable(f"{min(known)} 同时是登记人员和陌生人", f"{min(known)} is both enrolled and an impostor")


def score(labelled: Sequence[Labelled], vectors: NDArray[np.float32], found: NDArray[np.bool_]) -> Scored:
    """Every probe and stranger against every enrolled person.

    Args:
        labelled: n pictures.
        vectors: (n, d) of unit norm; not read where nothing was found.
        found: (n,) whether the picture gave one.
    """
    roles = np.array([one.role for one in labelled])
    people = np.array([one.person for one in labelled])
    enrolled = np.flatnonzero((roles == "enrol") & found)
    names, place = np.unique(people[enrolled], return_inverse=True)
    enrolled = enrolled[np.argsort(place, kind="stable")]
    # Somebody none of whose pictures could be enrolled is a failure to enrol, not one to identify.
    probes = np.flatnonzero((roles == "probe") & np.isin(people, names))
    strangers = np.flatnonzero(roles == "impostor")
    if not len(names) or not len(probes) or not len(strangers):
        raise unusable(
            "登记、测试或陌生人图片中没有可用的人脸", "no usable face among those to enrol, the probes or the impostors"
        )
    starts = np.searchsorted(np.sort(place), np.arange(len(names)))

    def against(rows: NDArray[np.intp]) -> NDArray[np.float64]:
        cosines = vectors[rows].astype(np.float64) @ vectors[enrolled].T.astype(np.float64)
        best = np.maximum.reduceat(cosines, starts, axis=1)
        best[~found[rows]] = UNUSABLE
        return best

    return Scored(
        trials=Trials(
            mated=against(probes),
            whose=np.searchsorted(names, people[probes]),
            strangers=against(strangers),
            templates=len(enrolled),
        ),
        probes=[labelled[row] for row in probes.tolist()],
        strangers=[labelled[row] for row in strangers.tolist()],
        unusable=int((~found).sum()),
        unusable_enrolled=int(((roles == "enrol") & ~found).sum()),
    )


def unusable(zh: str, en: str) -> LabelsUnusable:
    """The refusal, with what labels.csv must hold."""
    return LabelsUnusable(
        f"评估数据无法使用：{zh}。",
        f"The labelled data cannot be used: {en}.",
        mend_zh="labels.csv 需有 file、person、role 三列（role 为 enrol、probe 或 impostor）。",
        mend_en="labels.csv needs the columns file, person and role (enrol, probe or impostor).",
    )
