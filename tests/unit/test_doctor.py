"""The rows of `anju doctor`: each state of each thing, with its mend in both languages."""

import json
import os
import subprocess
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from anju import doctor
from anju.checks import machine, parts, stores
from anju.checks.row import Row, State, fine, missing, wrong
from anju.launcher import probes
from anju.launcher.embedded import MissingBinary
from anju.launcher.spec import NotReady, Probe
from core.clock import to_us
from core.db import Store, open_store
from core.db.migrate import migrate
from core.facts import DeviceHealth
from core.log import gateway_status
from core.settings import Settings

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.chdir(tmp_path)
    for name in ("MQTT_URL", "REDIS_URL", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    return Settings().model_copy(update={"var_dir": tmp_path / "var"})


def assert_has_mend(row: Row) -> None:
    assert row.mend("zh")
    assert row.mend("en")
    assert row.mend("zh") != row.mend("en")


@pytest.mark.parametrize(
    ("now", "synchronised", "state"),
    [
        (NOW, True, State.FINE),
        (NOW, None, State.FINE),
        (NOW, False, State.MISSING),
        (datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC), True, State.WRONG),
        (datetime(2100, 1, 1, tzinfo=UTC), True, State.WRONG),
    ],
)
def test_a_clock_that_cannot_be_right_is_told(now: datetime, synchronised: bool | None, state: State) -> None:
    row = machine.clock(now, synchronised=synchronised)
    assert row.state is state
    if state is not State.FINE:
        assert_has_mend(row)


def test_the_kernel_says_whether_its_clock_follows_a_reference() -> None:
    assert machine.synchronised() in {True, False, None}


@pytest.mark.parametrize(("version", "state"), [((3, 11, 9), "fine"), ((3, 12, 0), "fine"), ((3, 13, 0), "wrong")])
def test_only_two_pythons_will_do(version: tuple[int, int, int], state: str) -> None:
    assert machine.python(version).state == state


def test_a_directory_not_made_yet_is_judged_by_where_it_will_be(tmp_path: Path) -> None:
    row = machine.directory(tmp_path / "not" / "yet")
    assert row.state is State.FINE
    assert not (tmp_path / "not").exists()
    assert "GiB free" in row.detail


def test_a_full_or_closed_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "LEAST_FREE_BYTES", 1 << 62)
    row = machine.directory(tmp_path)
    assert row.state is State.WRONG
    assert "Make room" in row.mend_en

    def closed(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "NamedTemporaryFile", closed)
    for row in (machine.directory(tmp_path), machine.fsync(tmp_path)):
        assert (row.state, "Permission denied" in row.detail) == (State.WRONG, True)
        assert_has_mend(row)


def test_flushes_are_counted_and_a_slow_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert machine.fsync(tmp_path, for_s=0.05).detail.endswith("/s")
    monkeypatch.setattr(machine, "LEAST_FSYNC_PER_S", 1e9)
    row = machine.fsync(tmp_path, for_s=0.05)
    assert row.state is State.WRONG
    assert_has_mend(row)
    assert list(tmp_path.iterdir()) == []


def _not_installed() -> Path:
    raise MissingBinary("缺", "gone", mend_zh="请运行make setup。", mend_en="Run make setup.")


@pytest.mark.parametrize(
    ("find", "state"),
    [
        (lambda: Path("/bin/false"), "wrong"),
        (lambda: Path("/bin/echo"), "fine"),
        (lambda: Path("/etc/passwd"), "wrong"),
        (_not_installed, "missing"),
    ],
)
def test_programs_are_run_to_see_that_they_run(find: Callable[[], Path], state: str) -> None:
    row = parts.program("x", find)
    assert row.state == state
    if state != "fine":
        assert_has_mend(row)


def test_every_shipped_model_has_its_row() -> None:
    rows = parts.models()
    assert len(rows) >= 5
    assert {row.state for row in rows} == {State.FINE}


def test_a_sites_own_models_are_looked_at_too(tmp_path: Path) -> None:
    shipped = parts.all_models(tmp_path)
    assert shipped == parts.models()
    site = tmp_path / "gateways" / "gw-01" / "models.toml"
    site.parent.mkdir(parents=True)
    site.write_text(
        '[use]\nliveness = "own-1"\n[[model]]\nid = "own-1"\ntask = "liveness"\npath = "own.onnx"\nlicence = "own"\n'
        f'sha256 = "{"0" * 64}"\nmargin = 2.0\nlive_class = 1\noutput = "logits"\n'
        "input = { width = 80, height = 80 }\n"
    )
    [own] = [row for row in parts.all_models(tmp_path) if row not in shipped]
    assert (own.name, own.state) == ("model own-1", State.MISSING)
    assert_has_mend(own)
    site.write_text("no toml")
    [broken] = [row for row in parts.all_models(tmp_path) if row not in shipped]
    assert broken.state is State.WRONG


def test_a_child_in_a_crash_loop_is_told_with_its_mend(tmp_path: Path) -> None:
    assert parts.children(tmp_path) == []
    last = {"at": "", "code": 1, "signal": None, "line": "no space left on device"}
    child = {"name": "api", "state": "backing_off", "restarts": 7, "crash_loop": True, "last_exit": last}
    calm = {"name": "nats", "state": "serving", "restarts": 1, "crash_loop": False, "last_exit": last}
    state = {"pid": os.getpid(), "started": "2026-11-23", "children": {"api": child, "nats": calm}}
    (tmp_path / "supervisor.json").write_text(json.dumps(state))
    api, nats = parts.children(tmp_path)
    assert (api.state, nats.state) == (State.WRONG, State.FINE)
    assert "make room" in api.mend_en
    assert "restarts 1" in nats.detail


@pytest.mark.parametrize(("state", "name"), [("serving", "launcher"), ("stopped", "child nats")])
def test_a_launcher_that_was_killed_is_told(tmp_path: Path, state: str, name: str) -> None:
    with subprocess.Popen(["true"]) as gone:
        pass
    child = {"name": "nats", "state": state, "restarts": 0, "crash_loop": False, "last_exit": None}
    text = json.dumps({"pid": gone.pid, "started": "2026-11-23", "children": {"nats": child}})
    (tmp_path / "supervisor.json").write_text(text)
    [row] = parts.children(tmp_path)
    assert (row.name, row.state is State.WRONG) == (name, name == "launcher")


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"children": {"a": {}}}', '{"children": [1]}'])
def test_a_damaged_state_file_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "supervisor.json").write_text(text)
    [row] = parts.children(tmp_path)
    assert row.state is State.WRONG
    assert_has_mend(row)


def test_outside_servers_are_asked_only_where_they_are_named(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert parts.outside(settings) == []
    asked: list[str] = []

    def probe(url: str) -> Probe:
        asked.append(url)
        return lambda: None

    for name in ("mqtt", "live", "database"):
        monkeypatch.setattr(probes, name, probe)
    urls = {"mqtt_url": "mqtt://b", "redis_url": "redis://r", "database_url": "postgresql://d/x"}
    rows = parts.outside(settings.model_copy(update=urls))
    assert asked == list(urls.values())
    assert {row.state for row in rows} == {State.FINE}


@pytest.mark.parametrize("error", [NotReady("bad login"), ConnectionRefusedError("refused"), ValueError("bad port")])
def test_a_server_that_does_not_answer_is_told_without_its_password(error: Exception) -> None:
    def probe(_: str) -> Probe:
        def ask() -> None:
            raise error

        return ask

    row = parts.server("broker", "mqtt://u:hunter2@broker:1883", probe, "MQTT_URL")
    assert row.state is State.WRONG
    assert "hunter2" not in str(row)
    assert "MQTT_URL" in row.mend_en


def test_stores_are_missing_then_fine_and_wrong_when_older(settings: Settings) -> None:
    assert {row.state for row in stores.stores(settings)} == {State.MISSING}
    assert not settings.var_dir.exists()
    migrate(settings)
    assert {row.state for row in stores.stores(settings)} == {State.FINE}
    engine = open_store(settings, Store.HOUSING)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'older'")
    engine.dispose()
    states = {row.name: row for row in stores.stores(settings)}
    assert states["store housing"].state is State.WRONG
    assert "migrate" in states["store housing"].mend_en


def test_a_file_that_is_no_store_is_told(settings: Settings) -> None:
    path = settings.var_dir / "db" / "housing.db"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"this is no database, whatever its name says" * 100)
    assert stores.store(settings, Store.HOUSING).state is State.WRONG


def test_silent_gateways_quarantines_and_broken_devices_are_told(settings: Settings) -> None:
    assert stores.gateways(settings, NOW) == []
    migrate(settings)
    health = {
        "cam-1": DeviceHealth(door="d-1", working=True),
        "cam-2": DeviceHealth(door="d-2", working=False),
    }
    devices = msgspec.json.encode(health).decode()
    base = {"estate": "laurel", "waiting": 3, "quarantined": 0, "refused": 0, "set_versions": "{}", "devices": "{}"}
    rows = [
        base | {"gateway": "a", "seen_us": to_us(NOW) - 1_000_000, "devices": devices},
        base | {"gateway": "b", "seen_us": to_us(NOW) - 301_000_000},
        base | {"gateway": "c", "seen_us": to_us(NOW), "quarantined": 2},
        base | {"gateway": "d", "seen_us": to_us(NOW), "devices": "no json"},
    ]
    engine = open_store(settings, Store.RECOGNITION)
    with engine.begin() as connection:
        connection.execute(gateway_status.insert(), rows)
    engine.dispose()
    found = {row.name: row for row in stores.gateways(settings, NOW)}
    assert {name: str(row.state) for name, row in found.items()} == {
        "gateway a": "fine",
        "device cam-2": "wrong",
        "gateway b": "wrong",
        "gateway c": "wrong",
        "gateway d": "fine",
        "devices of d": "wrong",
    }
    for row in found.values():
        if row.state is not State.FINE:
            assert_has_mend(row)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_table_shows_every_row_whole(lang: str) -> None:
    rows = [
        fine("a", "x" * 150),
        missing("b", "not made yet", "请运行anju migrate。", "Run anju migrate."),
        wrong("c", "[red]", "坏了", "broken"),
    ]
    console = Console(width=80, record=True, stderr=True)
    doctor.show(rows, lang, console)
    text = console.export_text()
    assert text.count("x") == 150
    assert "[red]" in text
    assert "2" in text.splitlines()[-1]
    assert ("请运行" in text) is (lang == "zh")


def test_as_json_it_is_for_programs(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "examine", lambda _: ([fine("a", "b")], "zh"))
    assert doctor.doctor(as_json=True) == 0
    assert json.loads(capsys.readouterr().out)["rows"][0]["state"] == "fine"


def test_wrong_settings_are_a_row_and_end_with_one(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANJU_LOG_LEVEL", "loud")
    rows, _ = doctor.examine()
    assert (rows[-1].name, rows[-1].state) == ("settings", State.WRONG)
    assert "log_level" in rows[-1].detail
    assert doctor.doctor(as_json=True) == 1


def test_a_new_installation_is_examined_without_making_anything(settings: Settings) -> None:
    rows, lang = doctor.examine(settings.var_dir)
    assert lang == "zh"
    assert {"python", "settings", "var", "fsync", "clock", "store housing"} <= {row.name for row in rows}
    assert not settings.var_dir.exists()
