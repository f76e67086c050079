"""`anju evaluate`: how well faces are recognised on a site's own labelled pictures, and the thresholds that follow.

The folder holds `labels.csv` with file, person and role: `enrol` (each picture a template), `probe` (an enrolled
person) or `impostor` (somebody who is not enrolled). Every further column is a label to count by, such as `age_band`
or `mask`. Pictures are read by the recogniser that runs at doors and are not kept. See `recognition.evaluation` for
the figures.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from anju.det_plot import draw
from anju.labelled import Labelled, Scored, read_labels, score, unusable
from core.facts import Modality
from core.texts import register, render
from gateway.recognisers.faces import FaceRecogniser
from gateway.recognisers.images import decode
from gateway.recognisers.manifest import load_manifest
from recognition import calibration, evaluation, evaluation_sizes, threshold_files
from recognition.evaluation import GroupRates, Rate, Row, Trials
from recognition.threshold_files import Measured
from recognition.thresholds import Measurement, ThresholdTable

_MARGIN = 0.05  # never wider than the margin that ships; see recognition.thresholds
_LEAD = 0.01  # of rightly accepted probes may be called ambiguous by the margin

register(
    {
        "evaluate.reading": ("识别图片", "Reading pictures"),
        "evaluate.title": (
            "{model}：登记{people}人、{templates}个模板，目标误识率 {fpir:.1%}",
            "{model}: {people} people enrolled with {templates} templates, FPIR wanted {fpir:.1%}",
        ),
        "evaluate.people": ("登记人数", "Enrolled"),
        "evaluate.threshold": ("阈值", "Threshold"),
        "evaluate.fpir": ("误识率 FPIR", "FPIR"),
        "evaluate.fnir": ("漏识率 FNIR", "FNIR"),
        "evaluate.expected": ("预计 FNIR", "FNIR expected"),
        "evaluate.basis": ("依据", "Basis"),
        "evaluate.measured": ("实测", "measured"),
        "evaluate.extrapolated": ("推算，未实测", "computed, not measured"),
        "evaluate.groups": ("按标签（阈值 {threshold:.4f}）", "By label (threshold {threshold:.4f})"),
        "evaluate.label": ("标签", "Label"),
        "evaluate.unusable": (
            "{count}张图片中未找到可用人脸，按未识别计入；登记图片中有{enrol}张不可用。",
            "No usable face in {count} pictures, counted as not recognised; {enrol} of them were to be enrolled.",
        ),
        "evaluate.cllr": (
            "分数标定：Cllr {cllr:.4f} 比特（下限 {least:.4f}），本人分数{genuine}个，他人分数{impostor}个",
            "Calibrated: Cllr {cllr:.4f} bits (at least {least:.4f}); scores: {genuine} genuine, {impostor} impostor",
        ),
        "evaluate.written": ("已写入 {path}", "Written: {path}"),
        "evaluate.to_use": (
            "如要启用，请把该文件放入数据目录的 thresholds 文件夹，并重新启动识别服务。",
            "To use it, put this file into the folder thresholds of the data directory and start recognition again.",
        ),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that is told and written."""

    rows: Sequence[Row]
    groups: Sequence[GroupRates]
    measured: Measured
    plot: str


def run(data: Path, out: Path | None, *, site: Path | None, fpir: float, lang: str) -> None:
    """Evaluate the pictures of a folder; print tables, write `det.svg` and the thresholds beside the data or to `out`.

    Raises LabelsUnusable, TooFew, and what loading models or reading pictures raises.
    """
    console, folder = Console(stderr=True), out or data
    labelled = read_labels(data / "labels.csv")
    recogniser = FaceRecogniser(load_manifest(site))
    vectors, found = _encode(data, labelled, recogniser, console, lang)
    scored = score(labelled, vectors, found)
    report = evaluate(scored, recogniser.model, fpir, source=data.resolve().name)
    _show(report, scored, fpir, Console(), lang)
    folder.mkdir(parents=True, exist_ok=True)
    plot, thresholds = folder / "det.svg", folder / f"{recogniser.model}.json"
    plot.write_text(report.plot, "utf-8")
    threshold_files.write(report.measured, thresholds)
    for path in (plot, thresholds):
        console.print(render("evaluate.written", lang, path=path), markup=False)
    console.print(render("evaluate.to_use", lang))


def evaluate(scored: Scored, model: str, fpir: float, *, source: str) -> Report:
    """Rates by size and label, the curve, the thresholds and the calibration. Raises TooFew."""
    trials = scored.trials
    rows = evaluation_sizes.by_size(trials, fpir, halves([one.person for one in scored.strangers]))
    measured = next(row for row in rows if row.people == trials.people and not row.extrapolated)
    names = sorted({name for one in (*scored.probes, *scored.strangers) for name in one.labels})
    groups = [
        group
        for name in names
        for group in evaluation.by_group(
            trials, measured.threshold, name,
            [one.labels.get(name, "") for one in scored.probes],
            [one.labels.get(name, "") for one in scored.strangers],
        )
    ]  # fmt: skip
    return Report(
        rows=rows,
        groups=groups,
        measured=Measured(
            thresholds=_table(rows, trials, measured.threshold, fpir, model=model, source=source),
            calibration=_calibration(scored, model, source),
        ),
        plot=draw(evaluation.det(trials), measured),
    )


def halves(people: Sequence[str]) -> list[NDArray[np.intp]]:
    """Rows (n,) split in two by a hash of the person: the same on every machine, nobody in both."""
    ranked = sorted(set(people), key=lambda person: sha256(person.encode()).hexdigest())
    first = np.isin(people, ranked[::2])
    return [np.flatnonzero(first), np.flatnonzero(~first)]


def _table(
    rows: Sequence[Row], trials: Trials, threshold: float, fpir: float, *, model: str, source: str
) -> ThresholdTable:
    right = ~evaluation.missed(trials, threshold)
    lead = float(np.quantile(trials.own[right] - trials.rival[right], _LEAD)) if right.any() else _MARGIN
    return ThresholdTable(
        model=model,
        rows=tuple(
            Measurement(
                templates=row.templates,
                people=row.people,
                threshold=round(row.threshold, 6),
                fpir=row.fpir.value if row.fpir else fpir,
                fnir=row.expected_fnir,
                source=_source(row, source),
                extrapolated=row.extrapolated,
            )
            for row in rows
        ),
        margin=round(min(lead, _MARGIN), 4),
        margin_source=f"{source}: at most {_LEAD:.0%} of {int(right.sum())} rightly accepted probes lead by less, "
        f"and never above {_MARGIN}. No twins were measured.",
    )


def _source(row: Row, source: str) -> str:
    fnir = f"{row.fnir.events} of {row.fnir.trials} probes missed ({_percent(row.fnir.interval)})"
    if row.fpir is None:
        return f"{source}: computed from a smaller gallery, not measured; {fnir} at this threshold."
    return (
        f"{source}: {row.fpir.events} of {row.fpir.trials} strangers accepted ({_percent(row.fpir.interval)}); {fnir}."
    )


def _calibration(scored: Scored, model: str, source: str) -> calibration.Calibration:
    trials = scored.trials
    own, strangers = trials.own, trials.strangers
    usable, known = np.isfinite(own), np.isfinite(strangers).all(axis=1)
    names = np.array([one.person for one in (*scored.probes, *scored.strangers)])
    numbers = np.unique(names, return_inverse=True)[1].astype(np.float64)
    genuine, impostor = own[usable], strangers[known].ravel()
    groups = np.concatenate([numbers[: len(own)][usable], np.repeat(numbers[len(own) :][known], trials.people)])
    return calibration.fit(
        genuine, impostor, model=model, modality=Modality.FACE, groups=groups, source=f"{source}, anju evaluate"
    )


def _encode(
    data: Path, labelled: Sequence[Labelled], recogniser: FaceRecogniser, console: Console, lang: str
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Vectors (n, d) and whether there is one (n,)."""
    vectors = np.zeros((len(labelled), recogniser.dimension), np.float32)
    found = np.zeros(len(labelled), np.bool_)
    bar: Iterable[Labelled] = track(labelled, render("evaluate.reading", lang), console=console, transient=True)
    for row, one in enumerate(bar):
        try:
            picture = (data / one.file).read_bytes()
        except OSError as error:
            raise unusable(f"{one.file} 无法读取：{error}", f"{one.file} cannot be read: {error}") from error
        face = recogniser.read(decode(picture)).face
        if face:
            vectors[row], found[row] = face.embedding, True
    return vectors, found


def _show(report: Report, scored: Scored, fpir: float, console: Console, lang: str) -> None:
    trials, made = scored.trials, report.measured
    title = render(
        "evaluate.title", lang, model=made.thresholds.model, people=trials.people, templates=trials.templates, fpir=fpir
    )
    heads = ("people", "threshold", "fpir", "fnir", "expected", "basis")
    table = Table(*(render(f"evaluate.{head}", lang) for head in heads), title=title)
    for row in report.rows:
        basis = render("evaluate.extrapolated" if row.extrapolated else "evaluate.measured", lang)
        expected = f"{row.expected_fnir:.2%}" if row.extrapolated else "–"
        fpirs = _rate(row.fpir) if row.fpir else "–"
        table.add_row(f"{row.people:,}", f"{row.threshold:.4f}", fpirs, _rate(row.fnir), expected, basis)
    console.print(table)
    if report.groups:
        at = next(row.threshold for row in report.rows if row.people == trials.people)
        groups = Table(
            *(render(f"evaluate.{head}", lang) for head in ("label", "fpir", "fnir")),
            title=render("evaluate.groups", lang, threshold=at),
        )
        for one in report.groups:
            groups.add_row(f"{one.label} = {one.value}", _rate(one.fpir), _rate(one.fnir))
        console.print(groups)
    if scored.unusable:
        console.print(render("evaluate.unusable", lang, count=scored.unusable, enrol=scored.unusable_enrolled))
    if said := made.calibration:
        counts = {"genuine": said.genuine, "impostor": said.impostor}
        console.print(render("evaluate.cllr", lang, cllr=said.cllr, least=said.cllr_least, **counts))


def _rate(rate: Rate) -> str:
    return f"{rate.value:.2%} ({rate.events}/{rate.trials}; {_percent(rate.interval)})" if rate.trials else "–"


def _percent(ends: tuple[float, float]) -> str:
    return f"{ends[0]:.2%}-{ends[1]:.2%}"
