"""Versioned sets at the gateway: applied whole or not at all, and judged by like the server's own."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from core import sets
from core.clock import to_us
from core.facts import Capture, CredentialRead, Direction, FaceProbe, Modality, Outcome, PlateRead, Probe
from core.vault import EstateKey, SealBroken
from core.wire import VERSION, SetDelta
from gateway import estate_copy
from gateway.age import Mark
from gateway.held_sets import Drift, Held, SetStore, Staging, apply
from recognition.judge import Judgement, judge
from recognition.thresholds import TABLES

KEY = EstateKey("laurel", 1, bytes(range(32)))
OTHER = EstateKey("laurel", 1, bytes(32))
NOW = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
NOW_US = to_us(NOW)
contents = st.dictionaries(st.text("abc|", min_size=1, max_size=3), st.binary(min_size=1, max_size=8), max_size=8)


def delta(name: str, base: int, version: int, old: dict[str, bytes], new: dict[str, bytes]) -> SetDelta:
    """The whole answer as the server makes it."""
    old = old if base else {}
    put = {key: sets.seal(KEY, name, key, plain) for key, plain in new.items() if old.get(key) != plain}
    digest = sets.digest((key, sets.row_hash(plain)) for key, plain in new.items())
    drop = tuple(key for key in old if key not in new)
    return SetDelta(v=VERSION, name=name, base=base, version=version, digest=digest, put=put, drop=drop, last=True)


def split(whole: SetDelta, sizes: list[int]) -> list[SetDelta]:
    keys, parts = list(whole.put), []
    for size in sizes:
        parts.append({key: whole.put[key] for key in keys[:size]})
        keys = keys[size:]
    parts.append({key: whole.put[key] for key in keys})
    last = len(parts) - 1
    return [
        msgspec.structs.replace(whole, put=put, drop=whole.drop if place == last else (), last=place == last)
        for place, put in enumerate(parts)
    ]


@given(st.lists(contents, min_size=1, max_size=5), st.lists(st.integers(0, 3), max_size=4))
def test_a_chain_of_differences_ends_where_the_server_is(chain: list[dict[str, bytes]], sizes: list[int]) -> None:
    held, staging = Held(), Staging()
    old: dict[str, bytes] = {}
    for version, new in enumerate(chain, 1):
        parts = split(delta("rights", version - 1, version, old, new), sizes)
        done = [staging.add(part) for part in parts]
        assert done[:-1] == [None] * (len(parts) - 1)
        assert done[-1] is not None
        held, old = apply(held, done[-1], KEY), new
        assert (held.version, dict(held.rows)) == (version, new)


@given(contents, contents)
def test_starting_anew_forgets_what_was_held(old: dict[str, bytes], new: dict[str, bytes]) -> None:
    held = apply(Held(), delta("gallery", 0, 4, {}, old), KEY)
    assert dict(apply(held, delta("gallery", 0, 9, old, new), KEY).rows) == new


def test_parts_of_another_answer_begin_anew_and_a_part_twice_changes_nothing() -> None:
    staging = Staging()
    whole = delta("rights", 0, 2, {}, {"a": b"1", "b": b"2"})
    first, last = split(whole, [1])
    stale = split(delta("rights", 0, 1, {}, {"a": b"0", "c": b"3"}), [1])[0]
    assert [staging.add(part) for part in (stale, first, first)] == [None, None, None]
    done = staging.add(last)
    assert done is not None
    assert done.put == whole.put


def test_what_does_not_add_up_is_refused_and_nothing_changes() -> None:
    held = apply(Held(), delta("rights", 0, 1, {}, {"a": b"1"}), KEY)
    good = delta("rights", 1, 2, {"a": b"1"}, {"a": b"1", "b": b"2"})
    with pytest.raises(Drift, match="starts at version 7"):
        apply(held, msgspec.structs.replace(good, base=7), KEY)
    with pytest.raises(Drift, match="digest"):
        apply(held, msgspec.structs.replace(good, put={}), KEY)
    with pytest.raises(SealBroken):
        apply(held, good, OTHER)
    with pytest.raises(SealBroken):  # a row moved to another key
        apply(held, msgspec.structs.replace(good, put={"c": good.put["b"]}), KEY)
    assert dict(held.rows) == {"a": b"1"}


def test_the_disk_holds_it_sealed_and_gives_it_back(tmp_path: Path) -> None:
    store = SetStore(tmp_path / "copies.db", KEY)
    first = delta("gallery", 0, 1, {}, {"t1": b"template-one", "t2": b"template-two"})
    second = delta("gallery", 1, 2, {"t1": b"template-one", "t2": b"template-two"}, {"t2": b"template-two"})
    for whole in (first, second):
        store.save(whole)
    held = store.load()["gallery"]
    assert (held.version, dict(held.rows), held.digest) == (2, {"t2": b"template-two"}, second.digest)
    assert store.load()["rights"] == Held()
    store.save_mark(Mark(5.0, 1.0, 2, "b"))
    assert store.mark() == Mark(5.0, 1.0, 2, "b")
    store.close()
    on_disk = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"template-two" not in on_disk
    assert first.put["t2"] in on_disk
    assert first.put["t1"] not in on_disk  # withdrawn: gone, not only unlinked


def test_a_copy_under_another_key_counts_as_nothing(tmp_path: Path) -> None:
    store = SetStore(tmp_path / "copies.db", KEY)
    store.save(delta("gallery", 0, 1, {}, {"t1": b"template-one"}))
    store.close()
    other = SetStore(tmp_path / "copies.db", OTHER)
    assert other.load()["gallery"] == Held()
    other.close()


def test_a_copy_with_a_lost_row_counts_as_nothing(tmp_path: Path) -> None:
    store = SetStore(tmp_path / "copies.db", KEY)
    whole = delta("gallery", 0, 1, {}, {"t1": b"one", "t2": b"two"})
    store.save(msgspec.structs.replace(whole, put={"t1": whole.put["t1"]}))
    assert store.load()["gallery"] == Held()
    store.close()


RNG = np.random.default_rng(5)
ANNA, BERT = (v / np.linalg.norm(v) for v in RNG.normal(size=(2, 128)))
MODEL = next(iter(TABLES))
YEAR_US = 365 * 86_400 * 1_000_000


def embedding(vector: NDArray[np.float64]) -> bytes:
    return vector.astype("<f4").tobytes()


def template(person: str, vector: NDArray[np.float64]) -> bytes:
    row = sets.GalleryRow(person=person, modality=Modality.FACE, model=MODEL, embedding=embedding(vector))
    return sets.encode_row(row)


def card_of_anna(from_us: int) -> bytes:
    return sets.encode_row(sets.CredentialRow(person="anna", from_us=from_us, until_us=None))


def plate_of_anna(from_us: int) -> bytes:
    return sets.encode_row(sets.PlateRow(person="anna", home="h-1", from_us=from_us, until_us=None))


def rows() -> dict[str, dict[str, bytes]]:
    always = sets.encode_row((sets.RightRow(from_us=0, until_us=None),))
    return {
        sets.GALLERY: {"t1": template("anna", ANNA), "t2": template("bert|b", BERT)},
        sets.RIGHTS: {sets.right_key("anna", "d-1"): always, sets.right_key("bert|b", "d-2"): always},
        sets.ACCESS: {
            sets.door_key("d-1"): sets.encode_row(sets.DoorRow()),
            sets.door_key("d-2"): sets.encode_row(sets.DoorRow(home="h-2")),
            sets.credential_key(Modality.CARD, "c|1"): card_of_anna(0),
            sets.credential_key(Modality.CARD, "c-2"): card_of_anna(NOW_US + 1),
            sets.plate_key("桂A12345", "anna"): plate_of_anna(0),
            sets.plate_key("桂A99999", "anna"): plate_of_anna(NOW_US + 1),
            sets.pass_key("p-1", "d-2"): sets.encode_row(
                sets.PassRow(home="h-2", from_us=0, until_us=NOW_US + YEAR_US)
            ),
        },
    }


def ask(probe: Probe, door: str) -> Judgement:
    capture = Capture(
        door=door, direction=Direction.IN, device="x", device_event="1", device_time=NOW, clock_offset_ms=0,
        taken_at=NOW, probe=probe, quality=1.0, recogniser="x",
    )  # fmt: skip
    copy, unreadable = estate_copy.build("laurel", 3, rows(), NOW_US)
    assert unreadable == 0
    return judge(copy.view, [capture], tables=copy.tables)[0]


def card(credential: str, kind: Modality = Modality.CARD) -> CredentialRead:
    return CredentialRead(kind=kind, credential=credential)


def plate(text: str) -> PlateRead:
    return PlateRead(model="p", text=text, agreed=True, confidences=(1.0,), plate_kind="standard")


@pytest.mark.parametrize(
    ("probe", "door", "outcome", "reason", "person"),
    [
        (FaceProbe(model=MODEL, embedding=embedding(ANNA)), "d-1", Outcome.GRANTED, "granted", "anna"),
        (FaceProbe(model=MODEL, embedding=embedding(ANNA)), "d-2", Outcome.DENIED, "no_right", "anna"),
        (FaceProbe(model=MODEL, embedding=embedding(BERT)), "d-2", Outcome.GRANTED, "granted", "bert|b"),
        (FaceProbe(model=MODEL, embedding=embedding(-ANNA)), "d-1", Outcome.UNRECOGNISED, "under_threshold", None),
        (card("c|1"), "d-1", Outcome.GRANTED, "granted", "anna"),
        (card("c-2"), "d-1", Outcome.UNRECOGNISED, "credential_not_valid", None),
        (card("c-9"), "d-1", Outcome.UNRECOGNISED, "credential_unknown", None),
        (card("p-1", Modality.PASS), "d-2", Outcome.GRANTED, "granted", None),
        (card("p-1", Modality.PASS), "d-1", Outcome.DENIED, "no_right", None),
        (plate("桂A12345"), "d-1", Outcome.GRANTED, "granted", "anna"),
        (plate("桂A99999"), "d-1", Outcome.UNRECOGNISED, "under_threshold", None),
    ],
)
def test_the_gateway_judges_by_the_rows(
    probe: Probe, door: str, outcome: Outcome, reason: str, person: str | None
) -> None:
    judged = ask(probe, door)
    assert (judged.outcome, judged.reason, judged.person) == (outcome, reason, person)
    assert judged.opens == (outcome is Outcome.GRANTED)


def test_a_threshold_table_of_the_estate_replaces_the_releases() -> None:
    strict = sets.PolicyRow(
        rows=(sets.PolicyMeasurement(templates=1, people=1, threshold=0.999, fpir=0.0, fnir=0.5, source="here"),),
        margin=0.05, margin_source="here",
    )  # fmt: skip
    held = rows()
    held[sets.ACCESS][sets.policy_key(MODEL)] = sets.encode_row(strict)
    copy, _ = estate_copy.build("laurel", 3, held, NOW_US)
    assert copy.tables[MODEL].at(5).value == 0.999


def test_rows_of_a_newer_server_are_left_out_and_counted() -> None:
    held = rows()
    hours = sets.RightRow(from_us=0, until_us=None, schedule=7)
    odd = sets.GalleryRow(person="x", modality=Modality.FACE, model=MODEL, embedding=bytes(4 * 70))
    held[sets.RIGHTS] |= {"x|d-1": b"\x05", "y|d-1": sets.encode_row((hours,))}
    held[sets.GALLERY] |= {"t8": sets.encode_row(odd), "t9": b""}
    broken = sets.PolicyRow(rows=(), margin=-1.0, margin_source="")
    held[sets.ACCESS] |= {sets.policy_key(MODEL): sets.encode_row(broken), "retina|1": b"new"}
    copy, unreadable = estate_copy.build("laurel", 3, held, NOW_US)
    assert unreadable == 6
    assert copy.tables == dict(TABLES)
    assert copy.view.faces[MODEL].size == 2


def test_an_empty_estate_is_a_copy_too() -> None:
    copy, unreadable = estate_copy.build("laurel", 1, {name: {} for name in sets.NAMES}, NOW_US)
    assert (unreadable, len(copy.view.doors)) == (0, 0)


@given(st.text(min_size=1, max_size=10), st.from_regex(r"[A-Za-z0-9_-]{1,8}", fullmatch=True))
def test_keys_come_apart_as_they_were_put_together(name: str, door: str) -> None:
    assert sets.split_door(sets.right_key(name, door)) == (name, door)
    kind, rest = sets.split_kind(sets.pass_key(name, door))
    assert (kind, sets.split_door(rest)) == ("pass", (name, door))
    kind, rest = sets.split_kind(sets.credential_key(Modality.CARD, name))
    assert (kind, sets.split_first(rest)) == ("credential", ("card", name))
