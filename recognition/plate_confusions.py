"""How the project's plate readers misread: what is taken for what, and how often at which confidence. Measured, small.

Measured by `python -m benchmarks.plate --data DIR --confusions`: both readers on one half of 510 labelled crops (by a
hash of the file name), as they are and made harder in ten ways (farther away, noise, motion, rotation, night). Counted
are reads that the grammar of plates allows, of the right length, with one to three wrong characters, where the readers
do not agree. That is few: 246 wrong characters of 92 kinds, most of them of blue plates of one province (皖), none of
Guangxi (桂). What was never seen is not impossible: each misreading has a pseudo-count, a larger one where the two are
commonly confused, and a quarter of the count of the opposite misreading. On the half that was left out, 69 % of the
wrong characters were of a kind seen here.
"""

from itertools import permutations

import numpy as np

from recognition.arrays import Doubles, read_only

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_SERIAL = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
_MARKS = "警挂学港澳使领应急"
ALPHABET = PROVINCES + _SERIAL + _MARKS  # of GA 36-2018; I and O are on no plate

# A word each: the true character, what was read, how often.
COUNTS = (
    "Q025 D017 G616 0D10 T19 VW9 WM8 苏皖7 926 WH6 B85 354 8B4 S54 5S3 A43 C03 MN3 U03 Y13 皖B3 皖G3 皖M3 皖冀3 皖鄂3 "
    "豫皖3 092 2Z2 712 862 AL2 MY2 PE2 Q92 S82 VY2 WN2 YX2 Z22 Z72 061 0G1 0U1 101 131 181 1L1 1W1 381 561 591 "
    "651 6G1 791 891 951 971 AN1 CG1 G01 G81 GA1 H61 JW1 KA1 L11 M01 M11 MH1 NM1 Q81 QR1 R81 S31 S91 U11 UL1 "
    "WK1 WX1 X31 YW1 Z31 浙苏1 皖H1 皖L1 皖S1 皖W1 皖粤1 皖苏1 皖赣1 粤鲁1 苏浙1"
)
LOOK_ALIKE = ("0DQ", "8B", "2Z", "5S", "苏桂")  # named beforehand, not measured
ANY, ANOTHER_CLASS, NAMED, OPPOSITE = 0.05, 0.005, 1.0, 0.25  # pseudo-counts; OPPOSITE is a share

# log odds that a character is wrong = OFFSET + SLOPE * log odds of one minus its confidence (Platt 1999)
OFFSET, SLOPE = -1.27, 0.57
USUAL_WRONG = 0.034  # of all characters of such reads; for a reader that gives no confidences
_SUREST = 1e-4


def misread() -> Doubles:
    """(n, n) float64 by places in ALPHABET: P(read | true, misread); rows sum to 1, the diagonal is the least entry."""
    place = {character: number for number, character in enumerate(ALPHABET)}
    seen = np.zeros((len(ALPHABET), len(ALPHABET)))
    for word in COUNTS.split():
        seen[place[word[0]], place[word[1]]] = int(word[2:])
    kind = np.repeat([0, 1, 2], [len(PROVINCES), len(_SERIAL), len(_MARKS)])
    weights = seen + OPPOSITE * seen.T + np.where(kind[:, None] == kind, ANY, ANOTHER_CLASS)
    for group in LOOK_ALIKE:
        for true, read in permutations(group, 2):
            weights[place[true], place[read]] += NAMED
    np.fill_diagonal(weights, 0.0)
    shares: Doubles = weights / weights.sum(axis=1, keepdims=True)
    np.fill_diagonal(shares, shares[shares > 0].min())
    return shares


def wrong_rate(confidences: Doubles) -> Doubles:
    """How often a character of this confidence, 0..1 of any shape, is wrong; NaN where the reader gave none."""
    doubt = 1.0 - np.clip(confidences, _SUREST, 1.0 - _SUREST)
    rate = 1.0 / (1.0 + np.exp(-(OFFSET + SLOPE * np.log(doubt / (1.0 - doubt)))))
    return read_only(np.where(np.isnan(confidences), USUAL_WRONG, rate))
