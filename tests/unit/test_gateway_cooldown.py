"""Standing before a camera makes one capture, not one a frame."""

import numpy as np
import pytest
from numpy.typing import NDArray

from core.facts import CredentialRead, FaceProbe, Modality, PlateRead
from gateway.devices.base import Recognised
from gateway.devices.cooldown import BETTER, SAME, Cooldown

RNG = np.random.default_rng(7)


def unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    scaled: NDArray[np.float64] = vector / np.linalg.norm(vector)
    return scaled


def face(vector: NDArray[np.float64], quality: float = 0.5, model: str = "m") -> Recognised:
    probe = FaceProbe(model=model, embedding=unit(vector).astype("<f4").tobytes())
    return Recognised(probe=probe, quality=quality, liveness=None, recogniser=model)


def plate(text: str) -> Recognised:
    probe = PlateRead(model="p", text=text, agreed=True, confidences=(0.9,), plate_kind="standard")
    return Recognised(probe=probe, quality=0.9, liveness=None, recogniser="p")


def at_cosine(vector: NDArray[np.float64], cosine: float) -> NDArray[np.float64]:
    other = RNG.normal(size=vector.shape)
    base = unit(vector)
    across = other - (other @ base) * base
    return unit(cosine * base + np.sqrt(1 - cosine**2) * unit(across))


def test_twenty_five_frames_a_second_make_one_capture_a_cooldown() -> None:
    person, cooldown = RNG.normal(size=128), Cooldown(5.0)
    handed = [len(cooldown.fresh([face(at_cosine(person, 0.8))], frame / 25)) for frame in range(25 * 12)]
    assert [frame for frame, count in enumerate(handed) if count] == [0, 125, 250]


def test_two_people_in_a_frame_are_two_captures() -> None:
    one, two = RNG.normal(size=128), RNG.normal(size=128)
    cooldown = Cooldown(5.0)
    assert len(cooldown.fresh([face(one), face(two)], 0.0)) == 2
    assert cooldown.fresh([face(one), face(two)], 1.0) == []
    assert len(cooldown.fresh([face(at_cosine(one, SAME - 0.01))], 2.0)) == 1


def test_a_much_better_look_is_handed_over_too() -> None:
    person, cooldown = RNG.normal(size=128), Cooldown(5.0)
    qualities = [0.3, 0.4, 0.3 + BETTER, 0.6, 0.75]
    assert [len(cooldown.fresh([face(person, quality)], 0.1)) for quality in qualities] == [1, 0, 1, 0, 1]


def test_models_are_never_compared() -> None:
    person, cooldown = RNG.normal(size=128), Cooldown(5.0)
    assert len(cooldown.fresh([face(person), face(person, model="n")], 0.0)) == 2


def test_plates_are_the_same_by_their_text() -> None:
    cooldown = Cooldown(5.0)
    assert len(cooldown.fresh([plate("桂A12345"), plate("桂A12346"), plate("桂A12345")], 0.0)) == 2
    assert cooldown.fresh([], 9.0) == []
    assert len(cooldown.fresh([plate("桂A12345")], 9.0)) == 1


def test_no_camera_sees_a_card() -> None:
    card = Recognised(
        probe=CredentialRead(kind=Modality.CARD, credential="c"), quality=1.0, liveness=None, recogniser="r"
    )
    with pytest.raises(TypeError):
        Cooldown(5.0).fresh([card], 0.0)
