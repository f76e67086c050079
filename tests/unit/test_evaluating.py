"""`anju evaluate` without a recogniser: labels, scores, what is told and what is written."""

from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from rich.console import Console

from anju import evaluating
from anju.evaluating import Report, halves
from anju.labelled import Labelled, LabelsUnusable, Scored, read_labels, score
from recognition import threshold_files

MODEL = "test-model"
PEOPLE, STRANGERS, DIM = 40, 60, 64


def picture(person: str, role: str, **labels: str) -> Labelled:
    return Labelled(file=f"{person}-{role}.jpg", person=person, role=role, labels=labels)


def drawn() -> tuple[list[Labelled], np.ndarray, np.ndarray]:
    """Two pictures enrolled and two probes a person; the first probe and the first enrolment picture show no face."""
    rng = np.random.default_rng(8)
    rows, vectors = [], []
    for number in range(PEOPLE):
        centre = rng.standard_normal(DIM)
        for role in ("enrol", "enrol", "probe", "probe"):
            rows.append(picture(f"p{number:02}", role, mask="yes" if number % 2 else "no"))
            vectors.append(centre + 0.55 * rng.standard_normal(DIM))
    for number in range(STRANGERS):
        rows.append(picture(f"s{number:02}", "impostor", mask="no"))
        vectors.append(rng.standard_normal(DIM))
    unit = np.array(vectors) / np.linalg.norm(vectors, axis=1, keepdims=True)
    found = np.ones(len(rows), np.bool_)
    found[[0, 2]] = False
    return rows, unit.astype(np.float32), found


def scored() -> Scored:
    return score(*drawn())


def report() -> Report:
    return evaluating.evaluate(scored(), MODEL, 0.1, source="drawn")


def test_every_probe_is_scored_with_the_best_template_of_everybody() -> None:
    rows, vectors, found = drawn()
    made = score(rows, vectors, found)
    trials = made.trials
    assert (trials.people, trials.templates, made.unusable, made.unusable_enrolled) == (40, 79, 2, 1)
    assert (trials.mated[0] == -np.inf).all()  # the picture without a face
    probe, person = 5, 3
    row = next(n for n, one in enumerate(rows) if one is made.probes[probe])
    templates = [n for n, one in enumerate(rows) if (one.person, one.role) == (f"p{person:02}", "enrol") and found[n]]
    assert trials.mated[probe, person] == pytest.approx(max(float(vectors[row] @ vectors[n]) for n in templates))
    assert [f"p{at:02}" for at in trials.whose.tolist()] == [one.person for one in made.probes]


def test_the_report_counts_by_size_and_label_and_marks_what_is_computed() -> None:
    made = report()
    assert [(row.people, row.extrapolated) for row in made.rows] == [
        (40, False), (1_000, True), (10_000, True), (50_000, True), (100_000, True)
    ]  # fmt: skip
    assert made.rows[0].fpir is not None
    assert made.rows[0].fpir.trials == STRANGERS
    assert made.rows[0].fnir.trials == 2 * PEOPLE
    assert made.rows[0].fnir.events >= 1
    groups = {(one.label, one.value): one for one in made.groups}
    assert groups["mask", "yes"].fpir.trials == 0
    assert groups["mask", "no"].fpir.trials == STRANGERS
    assert groups["mask", "yes"].fnir.trials + groups["mask", "no"].fnir.trials == 2 * PEOPLE


def test_what_is_written_is_what_doors_decide_by(tmp_path: Path) -> None:
    made = report()
    threshold_files.write(made.measured, tmp_path / "thresholds" / f"{MODEL}.json")
    table = threshold_files.tables(threshold_files.read_all(tmp_path))[MODEL]
    assert table == made.measured.thresholds
    assert table.at(79).value == pytest.approx(made.rows[0].threshold, abs=1e-6)
    assert not table.at(79).extrapolated
    assert table.at(5_000).extrapolated
    said = made.measured.calibration
    assert said is not None
    assert (said.genuine, said.impostor) == (2 * PEOPLE - 1, STRANGERS * PEOPLE)
    assert said.cllr < 0.3


def test_the_plot_is_a_picture_with_the_measured_point() -> None:
    made = report()
    tree = ElementTree.fromstring(made.plot)  # noqa: S314 - drawn by ourselves
    lines = [node for node in tree.iter() if node.tag.endswith("polyline")]
    assert len(lines) == 1
    assert f"{made.rows[0].fnir.events}/{2 * PEOPLE}" in made.plot


@pytest.mark.parametrize(("lang", "word"), [("zh", "推算，未实测"), ("en", "computed, not measured")])
def test_the_tables_are_told_in_both_languages(lang: str, word: str) -> None:
    console = Console(width=200, file=StringIO())
    evaluating._show(report(), scored(), 0.1, console, lang)
    assert isinstance(console.file, StringIO)
    said = console.file.getvalue()
    assert word in said
    assert "mask = yes" in said
    assert "100,000" in said


def test_nobody_is_in_both_halves() -> None:
    people = [f"s{number % 9}" for number in range(40)]
    first, second = halves(people)
    assert sorted([*first.tolist(), *second.tolist()]) == list(range(40))
    assert not {people[at] for at in first} & {people[at] for at in second}


GOOD = "file,person,role,mask\na.jpg,p,enrol,no\nb.jpg,p,probe,yes\nc.jpg,s,impostor,\n"


def test_further_columns_are_labels(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("\ufeff" + GOOD, "utf-8")
    rows = read_labels(tmp_path / "labels.csv")
    assert [(one.role, dict(one.labels)) for one in rows] == [
        ("enrol", {"mask": "no"}), ("probe", {"mask": "yes"}), ("impostor", {"mask": ""})
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (None, "is not there"),
        ("file,person\na.jpg,p\n", "no column role"),
        (GOOD.replace("enrol,", "enroll,"), "line 2: role"),
        (GOOD.replace("b.jpg,p", "b.jpg,q"), "q has probes but no picture"),
        (GOOD.replace("c.jpg,s", "c.jpg,p"), "p is both"),
        (GOOD.replace("c.jpg", ""), "line 4"),
    ],
)
def test_labels_that_cannot_be_used_are_refused_in_words(tmp_path: Path, text: str | None, what: str) -> None:
    if text is not None:
        (tmp_path / "labels.csv").write_text(text, "utf-8")
    with pytest.raises(LabelsUnusable, match=what) as caught:
        read_labels(tmp_path / "labels.csv")
    assert "labels.csv" in caught.value.text("zh")


def test_pictures_without_any_face_are_refused() -> None:
    rows, vectors, found = drawn()
    with pytest.raises(LabelsUnusable, match="no usable face"):
        score(rows, vectors, np.zeros_like(found))
