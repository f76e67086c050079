"""Slow twins: the obvious loops, in Python numbers, that the fast code is compared with."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import combinations
from math import atan2, cos, erf, exp, fsum, log, pi, sin, sqrt

import numpy as np

from core.facts import Direction
from recognition import plate_confusions, plate_match
from recognition.access import FOREVER_US, AccessPolicy, Passback, Reason, Requests
from recognition.access import WAYS as DIRECTIONS
from recognition.policy import Status

Vector = Sequence[float]
Pair = tuple[tuple[int, float], tuple[int, float]]
NOBODY: tuple[int, float] = (-1, -1.0)


def two_best(people: Sequence[int], rows: Sequence[Vector], probe: Vector) -> Pair:
    """The two best distinct persons and their cosines; of equal scores the lower handle is first."""
    best: dict[int, float] = {}
    for person, row in zip(people, rows, strict=True):
        score = fsum(a * b for a, b in zip(row, probe, strict=True))
        best[person] = max(score, best.get(person, score))
    ranked = sorted(best.items(), key=lambda entry: (-entry[1], entry[0]))
    first, second = [*ranked, NOBODY, NOBODY][:2]
    return first, second


def identity(pair: Pair, threshold: float, margin: float) -> tuple[Status, int]:
    """The status of one probe, and the person or -1."""
    (person, score), (other, other_score) = pair
    if person == -1 or score < threshold:
        return Status.UNKNOWN, -1
    if other != -1 and score - other_score < margin:
        return Status.AMBIGUOUS, -1
    return Status.ACCEPTED, person


def plate_owners(registered: Sequence[tuple[str, int]], read: str) -> list[int]:
    """Whom a plate belongs to, by comparing every registered text."""
    return sorted({person for text, person in registered if text == read})


def plate_distance(plate: str, read: str, confidences: Sequence[float]) -> int | None:
    """The cheapest way from a plate to its misread, in thousandths of a nat; None where it is not near."""
    if plate == read or not (0 < len(plate) <= 8 and 0 < len(read) <= 8) or abs(len(plate) - len(read)) > 1:
        return None
    ways = [(plate, list(range(len(read))), 0)]
    if len(plate) > len(read):  # one character of the plate was lost
        ways = [(plate[:k] + plate[k + 1 :], list(range(len(read))), 1) for k in range(len(plate))]
    elif len(plate) < len(read):  # one character of the read is not on the plate
        ways = [(plate, [at for at in range(len(read)) if at != k], 1) for k in range(len(read))]
    best: int | None = None
    for text, places, gaps in ways:
        costs = [_misread_cost(true, read[at], confidences[at]) for true, at in zip(text, places, strict=True)]
        total = sum(costs) + gaps * plate_match.GAP_COST
        if gaps + sum(cost > 0 for cost in costs) <= plate_match.MAX_EDITS and total <= plate_match.LIMIT:
            best = total if best is None else min(best, total)
    return best


_SHARES = plate_confusions.misread().tolist()


def _misread_cost(true: str, read: str, confidence: float) -> int:
    alphabet = plate_confusions.ALPHABET
    if true == read and read in alphabet:
        return 0
    wrong = float(plate_confusions.wrong_rate(np.array([confidence]))[0])
    known = true in alphabet and read in alphabet
    share = _SHARES[alphabet.index(true)][alphabet.index(read)] if known else min(map(min, _SHARES))
    return max(plate_match.LEAST_COST, round(plate_match.NAT * (log((1 - wrong) / wrong) - log(share))))


def verdict(
    policy: AccessPolicy, requests: Requests, at: int, last: Mapping[tuple[int, int], tuple[int, bool]]
) -> Reason:
    """The reason of one request; `last` maps (person, zone) to (time, whether inward)."""
    person, door = int(requests.persons[at]), int(requests.doors[at])
    now, way = int(requests.at_us[at]), DIRECTIONS[int(requests.ways[at])]
    if requests.fire[at]:
        return Reason.FIRE
    if way is Direction.OUT:
        return Reason.EXIT
    if person < 0:
        return Reason.UNIDENTIFIED
    if not 0 <= door < len(policy.doors):
        return Reason.UNKNOWN_DOOR
    why = min((_why(policy, right, now) for right in _rights(policy, person, door)), default=Reason.NO_RIGHT)
    if why is Reason.GRANTED and way is Direction.IN:
        return _passback(policy, person, door, now, last)
    return why


def last_passages(passages: Sequence[tuple[int, int, int, bool]]) -> dict[tuple[int, int], tuple[int, bool]]:
    """The last (time, inward) by (person, zone); of two at one time the way out wins."""
    last: dict[tuple[int, int], tuple[int, bool]] = {}
    for person, zone, when, inward in sorted(passages, key=lambda passage: (passage[2], not passage[3])):
        last[person, zone] = (when, inward)
    return last


def _rights(policy: AccessPolicy, person: int, door: int) -> list[int]:
    doors = len(policy.doors)
    return [n for n, key in enumerate(policy.rights.keys.tolist()) if divmod(key, doors) == (person, door)]


def _why(policy: AccessPolicy, right: int, now: int) -> Reason:
    if now >= int(policy.rights.valid_until_us[right]):
        return Reason.EXPIRED
    if now < int(policy.rights.valid_from_us[right]):
        return Reason.NOT_YET_VALID
    schedules = policy.schedules
    local = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=now, minutes=schedules.utc_offset_minutes)
    minute = (local.weekday() * 24 + local.hour) * 60 + local.minute
    return Reason.GRANTED if schedules.open[policy.rights.schedules[right], minute] else Reason.OUTSIDE_SCHEDULE


def _passback(
    policy: AccessPolicy, person: int, door: int, now: int, last: Mapping[tuple[int, int], tuple[int, bool]]
) -> Reason:
    zone, mode = int(policy.doors.zones[door]), Passback(int(policy.doors.passback[door]))
    if zone < 0 or mode is Passback.OFF or (person, zone) not in last:
        return Reason.GRANTED
    when, inward = last[person, zone]
    window = int(policy.doors.window_us[door])
    again = inward and when <= now and (window == FOREVER_US or now < when + window)
    if not again:
        return Reason.GRANTED
    return Reason.PASSBACK_HARD if mode is Passback.HARD else Reason.PASSBACK_SOFT


def turn_between(one: float, other: float) -> float:
    """The smaller angle between two directions, radians."""
    return abs(atan2(sin(one - other), cos(one - other)))


Spot = Sequence[float]  # x, y (upwards), direction of a minutia


def cylinder(minutiae: Sequence[Spot], at: int, radius: float, side: int, layers: int) -> list[list[float]]:
    """The values of the cylinder on one minutia, by the paper's sums: a list of layers for each cell in the circle."""
    x, y, turn = minutiae[at]
    step, cells = 2 * radius / side, []
    for j in range(side):
        for i in range(side):
            u, v = (i + 0.5) * step - radius, (j + 0.5) * step - radius
            if u * u + v * v > radius * radius:
                continue
            px, py = x + u * cos(turn) - v * sin(turn), y + u * sin(turn) + v * cos(turn)
            cells.append(
                [_cell(minutiae, at, (px, py), -pi + (k + 0.5) * 2 * pi / layers, layers) for k in range(layers)]
            )
    return cells


def _cell(minutiae: Sequence[Spot], at: int, place: tuple[float, float], layer: float, layers: int) -> float:
    spread, turn_spread = 28 / 3, 2 * pi / 9
    total = 0.0
    for other, (x, y, turn) in enumerate(minutiae):
        if other == at:
            continue
        away = (place[0] - x) ** 2 + (place[1] - y) ** 2
        weight = exp(-away / (2 * spread**2)) / (spread * sqrt(2 * pi))
        off = atan2(sin(layer - (minutiae[at][2] - turn)), cos(layer - (minutiae[at][2] - turn)))
        half, scale = pi / layers, turn_spread * sqrt(2)
        total += weight * 0.5 * (erf((off + half) / scale) - erf((off - half) / scale))
    return total


def code_score(probe: Sequence[int], finger: Sequence[int], pairs: int, bits: int) -> float:
    """The first look: one minus the mean share of bits that differ, over the probe's codes that found most alike."""
    nearest = sorted(min((one ^ other).bit_count() for other in finger) for one in probe)[:pairs]
    return 1 - sum(nearest) / (len(nearest) * bits)


def alike(
    one: tuple[Sequence[bool], Sequence[bool]], other: tuple[Sequence[bool], Sequence[bool]], layers: int
) -> float:
    """Similarity of two cylinders (bits, valid cells) where both say something, before anything rules it out."""
    both = [a and b for a, b in zip(one[1], other[1], strict=True)]
    pairs = [(one[0][n], other[0][n]) for n in range(len(one[0])) if both[n // layers]]
    lengths = sqrt(sum(a for a, _ in pairs)) + sqrt(sum(b for _, b in pairs))
    return 1 - sqrt(sum(a != b for a, b in pairs)) / lengths if lengths else 0.0


def isotonic(targets: Sequence[float], weights: Sequence[float]) -> list[float]:
    """Isotonic regression by its minimax formula: the greatest over starts of the least over ends of weighted means."""

    def mean(low: int, high: int) -> float:
        part = slice(low, high + 1)
        return fsum(t * w for t, w in zip(targets[part], weights[part], strict=True)) / fsum(weights[part])

    n = len(targets)
    return [max(min(mean(low, high) for high in range(at, n)) for low in range(at + 1)) for at in range(n)]


def rates(
    mated: Sequence[Vector], whose: Sequence[int], strangers: Sequence[Vector], threshold: float
) -> tuple[float, float]:
    """FPIR and FNIR at a threshold, by looking at every probe."""
    accepted = sum(max(row) >= threshold for row in strangers)
    kept = 0
    for row, at in zip(mated, whose, strict=True):
        others = [score for place, score in enumerate(row) if place != at]
        kept += row[at] >= threshold and all(row[at] > score for score in others) and row[at] > float("-inf")
    return accepted / len(strangers), 1 - kept / len(mated)


def alike_pairs(people: Sequence[int], rows: Sequence[Vector], threshold: float) -> dict[tuple[int, int], float]:
    """The best cosine of every pair of people that reaches the threshold, by comparing every two templates."""
    best: dict[tuple[int, int], float] = {}
    for (a, one), (b, other) in combinations(zip(people, rows, strict=True), 2):
        score = fsum(x * y for x, y in zip(one, other, strict=True))
        if a != b and score >= threshold:
            pair = (min(a, b), max(a, b))
            best[pair] = max(score, best.get(pair, score))
    return best
