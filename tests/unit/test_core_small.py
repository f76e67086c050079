"""Ids, time, texts, settings and keys."""

from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import texts
from core.clock import CHINA, ManualClock, day_start_us, from_us, local_day, to_us
from core.errors import InvalidValue
from core.ids import check_id, check_topic_id, new_id
from core.settings import Settings, WrongSettings, load_settings
from core.vault import KeyMissing, SealBroken, Vault

AWARE = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.sampled_from([UTC, CHINA]))  # noqa: DTZ001


@given(AWARE)
def test_microseconds_are_exact_both_ways(at: datetime) -> None:
    assert from_us(to_us(at)) == at


@given(st.dates(date(1992, 1, 1), date(2100, 1, 1)))
def test_a_day_begins_at_its_first_microsecond(day: date) -> None:
    start = from_us(day_start_us(day))
    assert local_day(start) == day
    assert local_day(start - timedelta(microseconds=1)) == day - timedelta(days=1)


def test_time_without_a_zone_is_refused() -> None:
    with pytest.raises(InvalidValue):
        to_us(datetime(2026, 1, 1))  # noqa: DTZ001 - that is the point


def test_a_manual_clock_moves_when_told() -> None:
    clock = ManualClock(datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=8))))
    clock.advance(timedelta(seconds=90))
    assert (clock.monotonic(), clock.now()) == (90.0, datetime(2025, 12, 31, 16, 1, 30, tzinfo=UTC))


def test_new_ids_sort_by_time_and_never_repeat() -> None:
    ids = [new_id() for _ in range(1000)]
    assert len(set(ids)) == 1000
    assert all(len(i) == 32 and i[12] == "7" for i in ids)
    assert [i[:12] for i in ids] == sorted(i[:12] for i in ids)


@given(st.text(max_size=80))
def test_ids_are_one_visible_line(text: str) -> None:
    try:
        check_id(text, "home")
    except InvalidValue:
        return
    assert text == text.strip()
    assert 0 < len(text) <= 64
    assert "\n" not in text


@given(st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True))
def test_topic_ids(text: str) -> None:
    assert check_topic_id(text, "door") == text


def test_a_message_has_one_meaning_in_two_languages() -> None:
    texts.register({"test_core.n": ("共{n}个", "{n} in all")})
    texts.register({"test_core.n": ("共{n}个", "{n} in all")})
    assert (texts.render("test_core.n", "zh", n=3), texts.render("test_core.n", "en", n=3)) == ("共3个", "3 in all")
    with pytest.raises(ValueError, match="two meanings"):
        texts.register({"test_core.n": ("另外", "other")})
    with pytest.raises(KeyError):
        texts.render("test_core.nothing", "en")


def test_wrong_settings_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANJU_API_PORT", "many")
    with pytest.raises(WrongSettings) as caught:
        load_settings()
    assert "api_port" in caught.value.text("en")
    assert "docs/settings.md" in caught.value.text("zh")


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault.open(Settings(var_dir=tmp_path))


def test_keys_survive_and_are_private(tmp_path: Path, vault: Vault) -> None:
    sealed = vault.create("e1").seal(b"minutiae", "template/e1/p1/t1")
    again = Vault.open(Settings(var_dir=tmp_path)).estate("e1")
    assert again.open(sealed, "template/e1/p1/t1") == b"minutiae"
    files = [p for p in (tmp_path / "keys").rglob("*") if p.is_file()]
    assert files
    assert all(p.stat().st_mode & 0o077 == 0 for p in files)
    assert all(b"minutiae" not in p.read_bytes() for p in files)


def test_sealed_bytes_open_only_in_their_place_under_their_key(vault: Vault) -> None:
    one, two = vault.create("e1"), vault.create("e2")
    sealed = one.seal(b"secret", "here")
    for key, place, content in ((one, "there", sealed), (two, "here", sealed), (one, "here", sealed[:-1] + b"\0")):
        with pytest.raises(SealBroken):
            key.open(content, place)
    with pytest.raises(SealBroken):
        one.open(b"", "here")


def test_a_missing_key_and_another_master_key_say_so(tmp_path: Path, vault: Vault) -> None:
    with pytest.raises(KeyMissing):
        vault.estate("nowhere")
    vault.create("e1")
    other = Settings(var_dir=tmp_path, master_key="11" * 32)
    with pytest.raises(SealBroken):
        Vault.open(other).estate("e1")


@pytest.mark.parametrize("dim", [64, 128, 512])
def test_the_rotation_keeps_scores_and_parts_estates(vault: Vault, dim: int) -> None:
    rng = np.random.default_rng(1)
    faces = rng.standard_normal((50, dim)).astype(np.float32)
    faces /= np.linalg.norm(faces, axis=1, keepdims=True)
    one, two = vault.create("e1").rotate(faces), vault.create("e2").rotate(faces)
    assert np.abs(one @ one.T - faces @ faces.T).max() < 1e-5
    linked = np.einsum("ij,ij->i", one, two)  # the same face at two estates
    assert abs(linked.mean()) < 4 / np.sqrt(50 * dim)
    assert np.abs(linked).max() < 6 / np.sqrt(dim)


def test_keys_never_show_themselves(vault: Vault) -> None:
    assert repr(vault.create("e1")) == "EstateKey('e1', version=1)"
