"""The arithmetic of the face and plate benchmarks."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import benchmarks
from benchmarks import face, plate, plate_confusions, plate_register


@pytest.mark.parametrize(
    ("events", "trials", "expected"),
    [(0, 198, [0.0, 0.01846]), (7, 570, [0.00495, 0.02514]), (10, 10, [0.69150, 1.0]), (0, 0, [0.0, 1.0])],
)
def test_exact_binomial_intervals(events: int, trials: int, expected: list[float]) -> None:
    assert benchmarks.interval(events, trials) == pytest.approx(expected, abs=2e-5)


@given(st.integers(99, 400), st.integers(0, 2**32 - 1))
def test_at_most_one_in_a_hundred_exceeds_the_threshold_that_was_chosen_on_them(count: int, seed: int) -> None:
    scores = np.random.default_rng(seed).normal(0.1, 0.1, count).astype(np.float32)
    assert (scores > face.threshold_at(scores, 0.01)).mean() <= 0.01


def test_a_fresh_impostor_exceeds_the_threshold_as_often_as_promised() -> None:
    draws = np.random.default_rng(3).random((20_000, 100)).astype(np.float32)
    above = [row[99] > face.threshold_at(row[:99], 0.01) for row in draws]
    assert np.mean(above) == pytest.approx(0.01, abs=0.0025)  # 3.5 standard errors


def test_too_few_impostors_are_said_to_be_too_few() -> None:
    with pytest.raises(SystemExit, match="each half needs 99"):
        face.threshold_at(np.zeros(98, np.float32), 0.01)


def test_the_halves_part_the_files_and_do_not_depend_on_their_order() -> None:
    files = np.array([f"img/{index}.jpg" for index in range(198)])
    first, second = face.halves(files)
    assert sorted([*first, *second]) == list(range(198))
    assert len(first) == len(second) == 99
    again, _ = face.halves(files[::-1])
    assert set(files[first]) == set(files[::-1][again])


def test_a_person_scores_by_the_best_template_and_a_picture_without_a_face_by_none() -> None:
    vectors = np.array([[1, 0], [0, 1], [0.6, 0.8], [0.8, 0.6], [0, 0]], np.float32)
    encoded = face.Encoded(vectors=vectors, found=np.array([True] * 4 + [False]), ms=np.zeros(5))
    enrolled = np.array([True, True, True, False, False])
    people, best = face.best_by_person(encoded, enrolled, np.array(["乙", "甲", "乙", "乙", "甲"]))
    assert people.tolist() == sorted(["甲", "乙"])
    mine, other = people.tolist().index("乙"), people.tolist().index("甲")
    assert best[3, mine] == pytest.approx(0.96)
    assert best[3, other] == pytest.approx(0.6)
    assert (best[4] == -1).all()


def test_misses_are_low_scores_and_wrong_people() -> None:
    strangers = np.concatenate([np.full(99, 0.3), np.full(98, 0.2), [0.5]]).astype(np.float32)
    threshold, accepted, missed = face.fold(
        strangers,
        np.arange(99),
        np.array([0.9, 0.25, 0.8, 0.3], np.float32),
        np.array([True, True, False, True]),
    )
    assert threshold == pytest.approx(0.3)
    assert (accepted, missed) == (1, 3)


def test_agreement_is_reported_on_what_had_no_part_in_the_floor() -> None:
    reads = [
        plate.Read(label="桂C12345", text="桂C12345", agreed=True, held_out=True),
        plate.Read(label="桂C12346", text="桂C12345", agreed=False, held_out=True),
        plate.Read(label="桂C12347", text="桂C12341", agreed=True, held_out=False),
        plate.Read(label="", text="桂C12341", agreed=True, held_out=True),
    ]
    result = plate.agreement(reads)
    assert result["agreed_precision"] == 0.5  # a read where no plate is counts as wrong
    assert result["agreed_share"] == pytest.approx(2 / 3)
    assert result["agreed_precision_all"] == pytest.approx(1 / 3)
    assert plate.agreement([])["agreed_precision"] is None


def test_labels_that_are_not_there_are_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"labels\.csv is not there"):
        benchmarks.read_labels(tmp_path, ("file",))
    (tmp_path / "labels.csv").write_text("file,role\na.jpg,probe\n", encoding="utf-8")
    with pytest.raises(SystemExit, match="no column person"):
        benchmarks.read_labels(tmp_path, ("file", "person"))


def test_the_last_line_is_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    benchmarks.publish({"rank1": 0.5, "text": "桂"}, as_json=True)
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == {"rank1": 0.5, "text": "桂"}
    benchmarks.publish({"rank1": 0.5}, as_json=False)
    assert "rank1" in capsys.readouterr().out


def observed(plate: str, text: str, other: str, *, held_out: bool = True) -> plate_confusions.Observed:
    sure = tuple(0.5 if a != b else 0.99 for a, b in zip(plate, text, strict=True))
    return plate_confusions.Observed(plate=plate, text=text, confidences=sure, reads=(text, other), held_out=held_out)


def test_only_misreads_that_could_be_plates_are_counted() -> None:
    counts = plate_confusions.misreads(
        [
            observed("桂C1234D", "桂C12340", "桂C1234D"),
            observed("桂C1234D", "桂C12340", "桂C12340"),  # one read, given twice
            observed("桂C12345", "桂C12345", "CC12345"),  # the other reader's is a form of military plates
            observed("桂C12345", "桂C12345", "桂1234"),
            observed("桂C12345", "桂C67890", "桂C12345"),  # another plate
        ]
    )
    assert counts == {("D", "0"): 2, ("桂", "C"): 1}


def test_the_curve_of_confidence_is_found_again() -> None:
    rng = np.random.default_rng(3)
    sure = rng.uniform(0.05, 0.95, 20_000)
    odds = -1.0 + 0.6 * np.log((1 - sure) / sure)
    wrong = rng.random(len(sure)) < 1 / (1 + np.exp(-odds))
    assert plate_confusions.curve(sure, wrong) == pytest.approx((-1.0, 0.6), abs=0.06)


def test_registered_plates_are_found_again_beside_the_peer() -> None:
    seen = [observed("桂C1234D", "桂C12340", "桂C1234D"), observed("桂C8888B", "桂C88888", "桂C8888B")]
    result = plate_register.compare([*seen, observed("桂C55555", "桂C5555S", "桂C55555", held_out=False)], size=300)
    assert result["register_real"] == {"reads": 2, "found": 2}
    assert result["register_real_rapidfuzz"] == {"reads": 2, "found": 2}
    simulated = result["register_simulated"]
    assert isinstance(simulated, dict)
    assert simulated["found"] > 0.9 * simulated["reads"] > 0
