"""The one list of services, and what they are handed."""

import io
import os
import re
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from anju import cli
from anju.installation import Installation
from anju.launcher import ports
from anju.launcher.credentials import Login
from anju.launcher.lifecycle import LastExit, State, Status
from anju.launcher.services import SERVICES, child_names, command, environment, port_names, service_specs
from anju.launcher.spec import check_order
from anju.screen import Screen
from core.errors import AnjuError
from core.settings import Settings, load_settings
from simulators.world import DEFAULT_HOMES

GATEWAYS = ["gw-01", "gw-02"]
PORTS = {name: 20_000 + number for number, name in enumerate(port_names(GATEWAYS))}


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the machine's, and no .env of the checkout's."""
    monkeypatch.chdir(tmp_path)
    for name in environment(Settings()):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_can_be_run_as_a_module(name: str) -> None:
    module = SERVICES[name].module
    found = find_spec(module)
    assert found is not None
    assert found.submodule_search_locations is None or find_spec(f"{module}.__main__") is not None


def test_settings_come_back_out_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = {
        "ANJU_VAR_DIR": "/srv/anju",
        "MQTT_URL": "mqtts://u:p%40@broker:8883",
        "DATABASE_URL": "postgresql://u:p@db/anju",
        "ANJU_MASTER_KEY": "ab" * 32,
        "ANJU_ESTATES": "laurel,osmanthus",
        "ANJU_SWEEP_S": "0.5",
        "ANJU_SECURE_COOKIES": "true",
        "ANJU_LANGUAGE": "en",
    }
    for name, value in chosen.items():
        monkeypatch.setenv(name, value)
    first = load_settings()
    handed = environment(first)
    assert set(chosen) <= set(handed)
    for name, value in handed.items():
        monkeypatch.setenv(name, value)
    assert load_settings() == first


def test_services_get_their_own_ports_and_the_common_settings() -> None:
    specs = service_specs(Settings(), PORTS, GATEWAYS, ["nats", "valkey"])
    assert [spec.name for spec in specs] == child_names(GATEWAYS)
    health = [spec.env["ANJU_HEALTH_PORT"] for spec in specs]
    assert len(set(health)) == len(specs)
    devices = [spec.env["ANJU_DEVICE_PORT"] for spec in specs if spec.name.startswith("gateway-")]
    assert len(set(devices) - set(health)) == 2
    assert {spec.env["ANJU_API_PORT"] for spec in specs} == {str(PORTS["api"])}
    assert specs[-1].argv == (sys.executable, "-m", "gateway", "--gateway", "gw-02")


@pytest.mark.parametrize("parts", [["nats", "valkey"], []])
def test_services_need_only_what_runs_here(parts: list[str]) -> None:
    specs = service_specs(Settings(), PORTS, GATEWAYS, parts)
    first_needs = {need for spec in specs for need in spec.needs} - {spec.name for spec in specs}
    assert first_needs == set(parts)
    assert specs[-1].needs == (*parts, "recognition")


def test_the_order_of_the_list_is_an_order_of_start() -> None:
    check_order(service_specs(Settings(), PORTS, GATEWAYS, []))


def test_an_installation_on_embedded_parts_hands_over_their_addresses() -> None:
    logins = {name: Login(user="anju", password=f"pw-{name}") for name in ("nats", "valkey")}
    settings = Installation(Settings(), logins, {"mqtt": 1, "nats": 2, "valkey": 3}).settings
    assert settings.mqtt_url == "mqtt://anju:pw-nats@127.0.0.1:1"
    assert settings.redis_url == "redis://anju:pw-valkey@127.0.0.1:3/0"


def test_an_installation_on_outside_parts_keeps_what_the_settings_name() -> None:
    installation = Installation(Settings(), None, {})
    assert installation.settings == Settings()
    assert installation.parts() == []


def test_gateways_of_this_machine_are_those_with_a_file(tmp_path: Path) -> None:
    for gateway, file in (("gw-02", "gateway.toml"), ("gw-01", "gateway.toml"), ("old", "outbox.db")):
        folder = tmp_path / "gateways" / gateway
        folder.mkdir(parents=True)
        (folder / file).touch()
    assert Installation(Settings().model_copy(update={"var_dir": tmp_path}), None, {}).gateways() == GATEWAYS


def test_a_default_port_of_the_pages_gives_way_and_a_chosen_one_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ports, "is_free", lambda port: port != 8000)
    monkeypatch.setenv("ANJU_VAR_DIR", str(tmp_path))
    assert Installation(load_settings(), None, {}).ports([])["api"] != 8000
    monkeypatch.setenv("ANJU_API_PORT", "8000")
    assert Installation(load_settings(), None, {}).ports([])["api"] == 8000


def test_a_service_command_becomes_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    became: list[tuple[str, ...]] = []
    monkeypatch.setattr(os, "execv", lambda _program, argv: became.append(argv))
    assert CliRunner().invoke(cli.app, ["service", "gateway", "--gateway", "gw-01"]).exit_code == 0
    assert became == [command("gateway", "--gateway", "gw-01")]


def test_a_service_nobody_knows_is_refused_with_the_list() -> None:
    result = CliRunner().invoke(cli.app, ["service", "sauna"])
    assert result.exit_code == 2
    assert "sauna" in result.output
    for name in SERVICES:
        assert name in result.output


def test_an_import_is_handed_over_and_its_result_is_the_exit_status(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[tuple[Path, Path, bool]] = []

    def run(settings: Settings, source: Path, strict: bool) -> int:
        asked.append((settings.var_dir, source, strict))
        return 1

    monkeypatch.setattr("anju.importing.run", run)
    result = CliRunner().invoke(cli.app, ["import", "files", "--strict", "--var", str(tmp_path)])
    assert result.exit_code == 1
    assert asked == [(tmp_path, Path("files"), True)]


def test_the_demo_is_played_as_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[dict[str, object]] = []

    def demo(settings: Settings, **options: object) -> int:
        asked.append({"var": settings.var_dir, **options})
        return 0

    monkeypatch.setattr("anju.demo.demo", demo)
    options = ["--headless", "--seconds", "5", "--faces", str(tmp_path), "--var", str(tmp_path)]
    assert CliRunner().invoke(cli.app, ["demo", *options]).exit_code == 0
    wanted = {"var": tmp_path, "headless": True, "seconds": 5.0, "faces_folder": tmp_path}
    assert asked == [wanted | {"homes": DEFAULT_HOMES, "speed": 60.0}]


def test_a_new_user_is_shown_a_password_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    options = ["--name", "李", "--role", "property", "--estate", "laurel", "--var", str(tmp_path / "var")]
    result = CliRunner().invoke(cli.app, ["user", "add", "li", *options])
    assert result.exit_code == 0
    assert len(result.output.strip()) >= 12
    again = CliRunner().invoke(cli.app, ["user", "add", "li", *options])
    assert isinstance(again.exception, AnjuError)


def test_wrong_settings_end_the_command_in_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ANJU_LOG_LEVEL", "loud")
    monkeypatch.setattr(sys, "argv", ["anju", "up"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert "log_level" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("row", "zh", "en"),
    [
        (Status(name="api", state=State.SERVING), "api 已就绪", "api serves"),
        (Status(name="api", state=State.STOPPED), "api 已停止", "api has stopped"),
        (
            Status(
                name="api", state=State.BACKING_OFF, last_exit=LastExit(at="", code=1, signal=None, line="disk full")
            ),
            "api 意外退出",
            "api died (exit code 1: disk full)",
        ),
        (
            Status(
                name="api",
                state=State.BACKING_OFF,
                crash_loop=True,
                last_exit=LastExit(at="", code=1, signal=None, line="[disk full]"),
            ),
            "磁盘已满",
            "keeps dying (exit code 1: [disk full]). The disk is full: make room.",
        ),
    ],
)
def test_the_screen_says_what_happened(row: Status, zh: str, en: str) -> None:
    for lang, words in (("zh", zh), ("en", en)):
        console = Console(width=200, record=True, file=Path("/dev/null").open("w"))  # noqa: SIM115 - closed with it
        screen = Screen(console, lang)
        screen(row)
        screen(row)
        console.file.close()
        assert re.findall(re.escape(words), console.export_text()) == [words]  # once


def test_while_starting_the_screen_names_who_does_not_serve_yet() -> None:
    file = io.StringIO()
    screen = Screen(Console(width=80, force_terminal=True, file=file), "en")
    shown: list[str] = []
    with screen.starting():
        for name, state in (("nats", State.STARTING), ("api", State.STARTING), ("nats", State.SERVING)):
            screen(Status(name=name, state=state))
            shown.append(screen.spinning)
    assert shown == ["Starting: nats", "Starting: nats, api", "Starting: api"]
    assert "Starting: api" in file.getvalue()


@pytest.mark.parametrize("error", [BrokenPipeError(32, "Broken pipe"), OSError(5, "Input/output error")])
def test_a_terminal_that_is_gone_stops_nothing(error: OSError) -> None:
    class Gone(io.StringIO):
        def write(self, _text: str) -> int:
            raise error

    screen = Screen(Console(file=Gone()), "en")
    for state in (State.SERVING, State.STOPPED):
        screen(Status(name="api", state=state))
    screen.say("launcher.stopping")


def test_the_screen_does_not_repeat_what_did_not_change() -> None:
    console = Console(width=200, record=True, quiet=False, file=None, stderr=True)
    screen = Screen(console, "en")
    for state in (State.WAITING, State.STARTING, State.STARTING):
        screen(Status(name="api", state=state))
    assert console.export_text() == ""
