"""Walkers drawn for tests of gait: sticks with weight, a rhythm and habits, before a still, noisy background.

They show that silhouettes, energy images and projections work as written. They are no evidence about people.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

FRAME = (160, 320)  # height, width


@dataclass(frozen=True, slots=True, kw_only=True)
class Walker:
    """Habits of one drawn person: lengths are shares of the height, angles radians, `step` frames."""

    step: int = 12
    stride: float = 0.5
    arms: float = 0.4
    lean: float = 0.0
    girth: float = 0.16
    legs: float = 0.48


def draw_walkers(count: int, seed: int) -> list[Walker]:
    """People who differ in their habits."""
    rng = np.random.default_rng(seed)
    return [
        Walker(
            step=int(rng.integers(10, 16)), stride=rng.uniform(0.3, 0.6), arms=rng.uniform(0.1, 0.7),
            lean=rng.uniform(-0.05, 0.2), girth=rng.uniform(0.1, 0.24), legs=rng.uniform(0.42, 0.54),
        )
        for _ in range(count)
    ]  # fmt: skip


def video(
    walker: Walker, *, seed: int = 0, frames: int = 60, empty: int = 32, moving: bool = True
) -> Iterator[NDArray[np.uint8]]:
    """`empty` frames of the background, then `frames` of the walker crossing it; (h, w, 3) uint8 with camera noise."""
    rng = np.random.default_rng(seed)
    background = cv2.GaussianBlur(rng.integers(90, 160, (*FRAME, 3)).astype(np.uint8), (9, 9), 3)
    height, phase = rng.uniform(100, 120), rng.uniform(0, np.pi)
    for number in range(empty + frames):
        frame = background + 2.0 * rng.standard_normal((*FRAME, 3))
        if number >= empty:
            at = number - empty
            x = 40 + (FRAME[1] - 80) * at / frames if moving else FRAME[1] / 2
            swing = np.sin(phase + np.pi * at / walker.step) if moving else 0.0
            frame[figure(walker, x, height, swing)] = (30, 40, 60)
        yield frame.clip(0, 255).astype(np.uint8)


def figure(walker: Walker, x: float, height: float, swing: float) -> NDArray[np.bool_]:
    """Where a walker is, (h, w) bool, with the legs at `swing` (-1..1) of their widest."""
    canvas = np.zeros(FRAME, np.uint8)
    foot = FRAME[0] - 12
    hip = np.array([x, foot - walker.legs * height])
    neck = hip + np.array([walker.lean, -1.0]) * height * (0.86 - walker.legs)
    shoulder = neck + np.array([0.0, 4.0])

    def limb(start: np.ndarray, angle: float, length: float, width: float) -> None:
        end = start + length * height * np.array([np.sin(angle), np.cos(angle)])
        cv2.line(canvas, _point(start), _point(end), 255, max(3, round(width * height)))

    for side in (1, -1):
        limb(hip, side * swing * walker.stride, walker.legs, walker.girth * 0.55)
        limb(shoulder, -side * swing * walker.arms, 0.36, walker.girth * 0.35)
    cv2.line(canvas, _point(hip), _point(neck), 255, round(walker.girth * height))
    cv2.circle(canvas, _point(neck - np.array([0.0, 0.07 * height])), round(0.075 * height), 255, -1)
    return canvas > 0


def _point(place: np.ndarray) -> tuple[int, int]:
    return round(float(place[0])), round(float(place[1]))
