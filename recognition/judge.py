"""From captures to answers: who is it, and may the door open? Pure; the same for a server and for a gateway alone.

The order of a batch: every probe is matched with the others of its modality in one search; a credential shown with a
face or finger names whose it should be; the access policy judges all persons at once; the outcome is read off a table.

    accepted, has the right now         granted        opens
    accepted, has no right now          denied         stays shut
    two people too alike                ambiguous      stays shut, unless the credential shown settles it
    plate readers disagree              ambiguous      stays shut: a person looks, at the nearness of the read too
    under the threshold                 unrecognised   stays shut, nobody is named
    credential and face differ          mismatch       as the credential may: doors do not press claims
    a face or finger unlike anybody's   as the credential, unless it clearly is not its holder's (`fusion`)
    on the way out, or fire             as recognised  always opens
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.clock import to_us
from core.facts import Capture, CredentialRead, FaceProbe, FingerProbe, Modality, Outcome, PlateRead
from recognition import policy
from recognition.access import WAYS, Reason, Requests
from recognition.access import decide as decide_access
from recognition.arrays import NOBODY, Bools, Doubles, Int32s, UInt8s
from recognition.calibration import Calibration
from recognition.calibrations import CALIBRATIONS
from recognition.estate import EstateView
from recognition.fingers.sealing import NOTHING_OPENED
from recognition.fusion import BIOMETRICS, fuse
from recognition.matches import Matches
from recognition.modalities.face import FaceMatcher
from recognition.modalities.fingerprint import FingerMatcher, OpenedFinger
from recognition.modalities.plate import SAME_PLATE, PlateMatcher, near_plates
from recognition.policy import Identities, Status
from recognition.thresholds import TABLES, Threshold, ThresholdTable
from recognition.windows import LastPassages

_WAY = {way: number for number, way in enumerate(WAYS)}
_FACES, _FINGERS, _PLATES = FaceMatcher(), FingerMatcher(), PlateMatcher()
# A face or finger this poor says nothing against the credential shown with it: a missing modality is neutral (R7).
POOR_QUALITY = 0.3
# By how many registered plates a doubtful read is near to; the plates themselves are not told.
DOUBTFUL = ("readers_disagree", "near_one_plate", "near_several_plates")
PLATE_THRESHOLD = Threshold(value=SAME_PLATE, margin=SAME_PLATE, templates=0, extrapolated=False, basis=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The answer to one capture. `person` is empty unless somebody was identified.

    `by` is what they were identified by, where that is not what the capture itself is: a face that was too poor to tell
    beside a card is the card's sighting.
    """

    outcome: Outcome
    opens: bool
    reason: str
    person: str | None = None
    pass_: str | None = None
    home: str | None = None
    seen: str | None = None
    score: float | None = None
    threshold: float | None = None
    by: Modality | None = None


@dataclass(slots=True)
class _Found:
    """Identities of a batch while it is being judged, by place in the batch."""

    status: UInt8s
    persons: Int32s
    candidates: Int32s
    scores: Doubles  # NaN where nothing was compared
    thresholds: Doubles
    notes: list[str]  # a reason that replaces the policy's, or ""
    records: Mapping[int, bytes]  # of fingers, opened
    by: list[Modality | None]  # the credential that identified somebody in place of what was captured

    @classmethod
    def nothing(cls, count: int, records: Mapping[int, bytes]) -> "_Found":
        return cls(
            np.full(count, Status.UNKNOWN, np.uint8),
            np.full(count, NOBODY, np.int32),
            np.full((count, 2), NOBODY, np.int32),
            np.full(count, np.nan),
            np.full(count, np.nan),
            [""] * count,
            records,
            [None] * count,
        )

    def put(self, places: list[int], identities: Identities, threshold: float) -> None:
        self.status[places] = identities.status
        self.persons[places] = identities.persons
        self.candidates[places] = identities.candidates
        self.scores[places] = identities.scores
        self.thresholds[places] = threshold


def judge(
    view: EstateView,
    captures: Sequence[Capture],
    *,
    fire: bool = False,
    seen: LastPassages | None = None,
    tables: Mapping[str, ThresholdTable] = TABLES,
    calibrations: Mapping[str, Calibration] = CALIBRATIONS,
    records: Mapping[int, bytes] = NOTHING_OPENED,
) -> list[Judgement]:
    """Answer a batch of captures of one estate, in its order; the batch may be empty.

    Args:
        view: the estate's snapshot.
        captures: decoded facts.
        fire: the estate's fire signal.
        seen: passages for anti-passback.
        tables: thresholds by model.
        calibrations: of the scores, by model.
        records: of the finger probes, opened by who holds the key, by place in the batch (`fingers.sealing`).
    """
    if not captures:
        return []
    found = _Found.nothing(len(captures), records)
    _identify_biometrics(view, captures, found, tables)
    _identify_plates(view, captures, found)
    _identify_credentials(view, captures, found)
    owners, mismatch, others = _settle_claims(view, captures, found, calibrations)
    verdicts = decide_access(
        view.access,
        Requests(
            persons=owners,
            doors=view.doors.lookup(capture.door for capture in captures),
            ways=np.fromiter((_WAY[capture.direction] for capture in captures), np.uint8, len(captures)),
            at_us=np.fromiter((to_us(capture.taken_at) for capture in captures), np.int64, len(captures)),
            fire=np.full(len(captures), fire),
        ),
        seen or LastPassages.none(1),
    )
    return [
        _answer(view, capture, found, place, int(owners[place]), bool(mismatch[place]), int(others[place]),
                bool(verdicts.granted[place]), Reason(int(verdicts.reason[place])))
        for place, capture in enumerate(captures)
    ]  # fmt: skip


def _identify_biometrics(
    view: EstateView, captures: Sequence[Capture], found: _Found, tables: Mapping[str, ThresholdTable]
) -> None:
    groups: dict[tuple[type, str], list[int]] = {}
    for place, capture in enumerate(captures):
        if isinstance(capture.probe, FaceProbe | FingerProbe):
            groups.setdefault((type(capture.probe), capture.probe.model), []).append(place)
    for (kind, model), places in groups.items():
        gallery = view.faces.get(model) if kind is FaceProbe else view.fingers.get(model)
        table = tables.get(model)
        if gallery is None or table is None:
            _note(found, places, "no_template_of_model" if gallery is None else "unmeasured_model")
            continue
        threshold = table.at(gallery.size)
        matches = _search(view, [captures[place] for place in places], [found.records.get(p, b"") for p in places])
        found.put(places, policy.identify(matches, threshold), threshold.value)
        _note(found, [p for p, usable in zip(places, matches.usable, strict=True) if not usable], "probe_unusable")
        if kind is FingerProbe:
            _note(found, [place for place in places if place not in found.records], "seal_broken")


def _search(
    view: EstateView, captures: Sequence[Capture], records: Sequence[bytes], allowed: Bools | None = None
) -> Matches:
    """One search for captures of one modality and one model that the estate has a gallery of."""
    probes = [capture.probe for capture in captures]
    faces = [probe for probe in probes if isinstance(probe, FaceProbe)]
    if faces:
        people = view.faces[faces[0].model]
        return _FACES.search(people, _FACES.encode(people, faces), allowed=allowed)
    pairs = zip(probes, records, strict=True)
    opened = [OpenedFinger(model=probe.model, record=one) for probe, one in pairs if isinstance(probe, FingerProbe)]
    fingers = view.fingers[opened[0].model]
    return _FINGERS.search(fingers, _FINGERS.encode(fingers, opened), allowed=allowed)


def _identify_plates(view: EstateView, captures: Sequence[Capture], found: _Found) -> None:
    reads = [(place, c.probe) for place, c in enumerate(captures) if isinstance(c.probe, PlateRead)]
    if not reads:
        return
    places = [place for place, _ in reads]
    matches = _PLATES.search(view.plates, _PLATES.encode(view.plates, [read for _, read in reads]))
    doubtful = np.array([not read.agreed for _, read in reads])
    found.put(places, policy.doubt(policy.identify(matches, PLATE_THRESHOLD), doubtful), SAME_PLATE)
    for (place, read), count in zip(reads, near_plates(matches).tolist(), strict=True):
        if not read.agreed:  # registered, near or neither: what two readers do not agree on is for a person
            found.status[place] = Status.AMBIGUOUS
            found.notes[place] = DOUBTFUL[count]


def _identify_credentials(view: EstateView, captures: Sequence[Capture], found: _Found) -> None:
    for place, capture in enumerate(captures):
        if isinstance(capture.probe, CredentialRead):
            owner, reason = _owner(view, capture.probe, to_us(capture.taken_at))
            found.persons[place] = owner
            found.status[place] = Status.UNKNOWN if owner == NOBODY else Status.ACCEPTED
            found.notes[place] = reason


def _owner(view: EstateView, read: CredentialRead, at_us: int) -> tuple[int, str]:
    """The principal a credential stands for at a time, or NOBODY and why; a biometric cannot be shown as one."""
    if read.kind in BIOMETRICS:
        return NOBODY, "credential_unknown"
    credential = view.credentials.get((read.kind, read.credential))
    if credential is None:
        return NOBODY, "credential_unknown"
    if not credential.from_us <= at_us < credential.until_us:
        return NOBODY, "credential_not_valid"
    return credential.principal, ""


def _settle_claims(
    view: EstateView, captures: Sequence[Capture], found: _Found, calibrations: Mapping[str, Calibration]
) -> tuple[Int32s, Bools, Int32s]:
    """Whom access is asked for (B,), where credential and biometric differ (B,), and who was matched instead (B,)."""
    owners, others = found.persons.copy(), np.full(len(captures), NOBODY, np.int32)
    mismatch = np.zeros(len(captures), np.bool_)
    for place, capture in enumerate(captures):
        if capture.claim is None:
            continue
        owner, _reason = _owner(view, capture.claim, to_us(capture.taken_at))
        if owner == NOBODY:
            continue
        settled = owner == found.persons[place] or owner in found.candidates[place]
        if not settled and _contradicts(view, capture, found, place, owner, calibrations):
            mismatch[place], others[place] = True, found.persons[place]
        elif not settled:
            found.by[place] = capture.claim.kind
        owners[place] = owner
        found.status[place], found.notes[place] = Status.ACCEPTED, ""
    return owners, mismatch, others


def _contradicts(
    view: EstateView,
    capture: Capture,
    found: _Found,
    place: int,
    owner: int,
    calibrations: Mapping[str, Calibration],
) -> bool:
    """Whether what was seen speaks against the owner of the credential, who was not recognised in it."""
    if isinstance(capture.probe, PlateRead):
        return False  # who drives a car may be anybody
    if found.status[place] != Status.UNKNOWN:
        return True
    if capture.quality < POOR_QUALITY or found.notes[place] or not isinstance(capture.probe, FaceProbe | FingerProbe):
        return False
    calibration = calibrations.get(capture.probe.model)
    if calibration is None:
        return True  # nobody has measured what a low score means: staff are told
    score = _score_with(view, capture, found.records.get(place, b""), owner)
    return bool(fuse({modality_of(capture): calibration.llr(np.array([score]))}, 1).contradicts()[0])


def _score_with(view: EstateView, capture: Capture, record: bytes, person: int) -> float:
    """The score of a face or finger with one person's templates; NaN where they have none."""
    only = np.zeros(person + 1, np.bool_)
    only[person] = True
    matches = _search(view, [capture], [record], only)
    return float(matches.scores[0, 0]) if matches.persons[0, 0] == person else float("nan")


def _note(found: _Found, places: list[int], reason: str) -> None:
    for place in places:
        found.notes[place] = reason


def _answer(
    view: EstateView,
    capture: Capture,
    found: _Found,
    place: int,
    owner: int,
    mismatch: bool,
    other: int,
    opens: bool,
    reason: Reason,
) -> Judgement:
    status = found.status[place]
    person, pass_ = view.person_and_pass(owner)
    if mismatch:
        outcome, word = Outcome.MISMATCH, reason.code
    elif status == Status.ACCEPTED:
        outcome, word = (Outcome.GRANTED if opens else Outcome.DENIED), reason.code
    elif status == Status.AMBIGUOUS:
        outcome, word = Outcome.AMBIGUOUS, found.notes[place] or "too_alike"
    else:
        outcome, word = Outcome.UNRECOGNISED, found.notes[place] or "under_threshold"
    score, threshold = float(found.scores[place]), float(found.thresholds[place])
    return Judgement(
        outcome=outcome,
        opens=opens,
        reason=word,
        person=person,
        pass_=pass_,
        home=view.homes_of_doors.get(capture.door) or view.home_of(owner),
        seen=view.person_and_pass(other)[0],
        score=None if np.isnan(score) else score,
        threshold=None if np.isnan(threshold) else threshold,
        by=found.by[place],
    )


def modality_of(capture: Capture) -> Modality:
    """What a capture was recognised by, as the log names it."""
    probe = capture.probe
    if isinstance(probe, CredentialRead):
        return probe.kind
    if isinstance(probe, FaceProbe):
        return Modality.FACE
    return Modality.PLATE if isinstance(probe, PlateRead) else Modality.FINGER
