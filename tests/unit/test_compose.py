"""docker-compose.yml, Dockerfile and .env.example against the code: services, commands, ports, settings, secrets."""

import re
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from anju.cli import app
from anju.launcher.embedded import NATS, VALKEY
from anju.launcher.services import GATEWAY, SERVICES, environment
from anju.part import command_of
from core.settings import Settings, load_settings
from scripts import lock

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
ALL: dict[str, Any] = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
PARTS = {"broker": NATS, "live": VALKEY}
OURS = {name: row for name, row in ALL.items() if name != "database"}
SECRETS = {"POSTGRES_PASSWORD", "MQTT_PASSWORD", "REDIS_PASSWORD", "ANJU_MASTER_KEY"}
FILLED = dict.fromkeys(SECRETS, "k" + "0" * 47) | {"ANJU_MASTER_KEY": "ab" * 32}
_VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?}")


def example() -> dict[str, str]:
    """The variables of .env.example, commented ones too."""
    text = (ROOT / ".env.example").read_text("utf-8")
    return dict(re.findall(r"^#?([A-Z_]+)=(.*)$", text, re.MULTILINE))


def filled_in(value: str) -> str:
    """`value` as compose makes it with the secrets filled in and nothing else."""
    return _VARIABLE.sub(lambda found: FILLED.get(found[1], found[3] or ""), value)


def settings_of(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    """The settings that a service reads in its container."""
    monkeypatch.chdir(tmp_path)
    for variable in {*environment(Settings()), "ANJU_MASTER_KEY"}:
        monkeypatch.delenv(variable, raising=False)
    for variable, value in ALL[name]["environment"].items():
        monkeypatch.setenv(variable, filled_in(value))
    return load_settings()


def test_every_service_of_the_code_is_there_and_no_other() -> None:
    assert set(ALL) == {*SERVICES, *PARTS, "database", "migrate"}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_started_by_its_name(name: str) -> None:
    command = ALL[name]["command"]
    assert command[:2] == ["service", name]
    assert command[2:] == (["--gateway", "${ANJU_GATEWAY:-gw-01}"] if name == GATEWAY else [])


def test_every_command_is_one_of_the_command_line() -> None:
    known = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    assert {row["command"][0] for row in OURS.values()} <= known
    assert {row["healthcheck"]["test"][2] for row in OURS.values() if "healthcheck" in row} <= known


@pytest.mark.parametrize(("name", "part"), PARTS.items())
def test_a_part_listens_where_the_services_look_for_it(
    name: str, part: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = settings_of("recognition", monkeypatch, tmp_path)
    url = urlsplit(settings.mqtt_url if part == NATS else settings.redis_url)
    assert url.hostname == name
    own = settings_of(name, monkeypatch, tmp_path).model_copy(update={"var_dir": tmp_path})
    assert ALL[name]["command"] == ["part", part, "--listen", "0.0.0.0"]  # noqa: S104 - in its own network
    config = Path(command_of(part, own, listen="0.0.0.0")[-1]).read_text("utf-8")  # noqa: S104 - as above
    assert re.search(rf"0\.0\.0\.0(:|\nport ){url.port}\b", config)
    assert (url.password or "none") in config
    assert ALL[name]["healthcheck"]["test"] == ["CMD", "anju", "health", part]


@pytest.mark.parametrize("name", OURS)
def test_a_service_is_handed_settings_that_exist_and_can_be_used(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    known = {*environment(Settings()), "ANJU_MASTER_KEY"}
    assert set(ALL[name]["environment"]) <= known
    settings_of(name, monkeypatch, tmp_path)


def test_the_pages_are_published_from_the_port_they_listen_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = settings_of("api", monkeypatch, tmp_path)
    assert settings.api_port == Settings.model_fields["api_port"].default
    assert [filled_in(port) for port in ALL["api"]["ports"]] == [f"127.0.0.1:8000:{settings.api_port}"]
    assert [name for name, row in ALL.items() if "ports" in row] == ["api"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_says_whether_it_is_healthy(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert ALL[name]["healthcheck"]["test"] == ["CMD", "anju", "health"]
    assert settings_of(name, monkeypatch, tmp_path).health_port != 0


def test_the_database_is_the_one_that_tests_run_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    url = urlsplit(settings_of("api", monkeypatch, tmp_path).database_url)
    own = {name: filled_in(value) for name, value in ALL["database"]["environment"].items()}
    assert (url.hostname, url.port) == ("database", 5432)
    assert (url.username, url.password, url.path) == ("anju", own["POSTGRES_PASSWORD"], f"/{own['POSTGRES_DB']}")
    assert own["POSTGRES_USER"] == url.username
    [pin] = [line for line in lock.blocks((ROOT / lock.DEV_LOCK).read_text("utf-8")) if line.startswith("embedded-p")]
    major = pin.partition("==")[2].partition(".")[0]
    assert ALL["database"]["image"].startswith(f"postgres:{major}-")
    assert ALL["database"]["volumes"] == ["database:/var/lib/postgresql"]  # where images from 18 on keep their data


@pytest.mark.parametrize("name", ALL)
def test_nobody_is_root_and_nothing_can_be_changed(name: str) -> None:
    row = ALL[name]
    assert row["user"] in {"10001:10001", "postgres"}
    assert row["read_only"] is True
    assert row["cap_drop"] == ["ALL"]
    assert row["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in row


def test_secrets_are_asked_for_and_have_no_default() -> None:
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    found = {name: sign for name, sign, _ in _VARIABLE.findall(text)}
    assert {name for name, sign in found.items() if sign == "?"} == SECRETS
    assert {name: value for name, value in example().items() if name in SECRETS} == dict.fromkeys(SECRETS, "")
    literal = [v for row in ALL.values() for k, v in row["environment"].items() if "PASSWORD" in k or "KEY" in k]
    assert all(_VARIABLE.fullmatch(value) for value in literal)


def test_what_can_be_chosen_is_written_down() -> None:
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    assert {name for name, *_ in _VARIABLE.findall(text)} == set(example())


def test_keys_go_to_those_who_need_them_only() -> None:
    assert {name for name, row in ALL.items() if "ANJU_MASTER_KEY" in row["environment"]} == {
        "recognition",
        "api",
        "gateway",
    }
    holders = {
        name: mount for name, row in ALL.items() for mount in row.get("volumes", ()) if mount.startswith("keys:")
    }
    assert set(holders) == {"recognition", "api", "gateway"}
    assert holders["gateway"].endswith(":ro")


def test_what_is_waited_for_exists_and_can_be_healthy() -> None:
    for name, row in ALL.items():
        for other, how in row.get("depends_on", {}).items():
            assert other in ALL, name
            assert how["condition"] in {"service_healthy", "service_completed_successfully"}
            assert (how["condition"] == "service_healthy") is ("healthcheck" in ALL[other])


def test_services_wait_for_what_the_code_says_they_need() -> None:
    names = {part: name for name, part in PARTS.items()}
    for service in SERVICES.values():
        waited = set(ALL[service.name]["depends_on"])
        needed = {names.get(need, need) for need in service.needs}
        # A gateway works without the server; beside it, the broker alone is worth waiting for.
        assert {"broker"} <= waited if service.name == GATEWAY else needed <= waited


def test_every_volume_is_declared_and_used() -> None:
    used = {mount.partition(":")[0] for row in ALL.values() for mount in row.get("volumes", ())}
    assert used == set(COMPOSE["volumes"])


def test_volumes_lie_where_the_image_made_room_for_this_user() -> None:
    made = re.search(r"install -d -o anju -g anju -m 0700 (.+)", DOCKERFILE)
    assert made is not None
    mounts = {mount.split(":")[1] for row in OURS.values() for mount in row.get("volumes", ())}
    assert mounts == set(made[1].split())
    var = Path(re.findall(r"ANJU_VAR_DIR=(\S+)", DOCKERFILE)[0])
    assert {str(var), str(Settings(var_dir=var).keys_dir)} == mounts


def test_the_image_holds_every_room_and_what_setup_needs() -> None:
    copied = {
        source for line in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE) for source in line.split()
    }
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    rooms = set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
    assert copied == rooms | {"pyproject.toml", "README.md", "requirements.lock"}
    let_in = re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text("utf-8"), re.MULTILINE)
    assert set(let_in) == copied


def test_the_image_is_installed_as_make_installs() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for options in (
        "--no-deps --require-hashes --only-binary :all: -r requirements.lock",
        "--no-deps --no-build-isolation -e .",
    ):
        assert options in makefile
        assert options in DOCKERFILE


def test_the_image_runs_as_the_user_of_compose_on_a_python_that_fits() -> None:
    user = re.findall(r"^USER (.+)$", DOCKERFILE, re.MULTILINE)
    assert user == [COMPOSE["x-anju"]["user"]]
    uid, gid = user[0].split(":")
    assert f"--gid {gid} anju" in DOCKERFILE
    assert f"--uid {uid} --gid {gid}" in DOCKERFILE
    assert set(re.findall(r"^FROM python:(\d+\.\d+)-", DOCKERFILE, re.MULTILINE)) <= {"3.11", "3.12"}
    assert 'ENTRYPOINT ["anju"]' in DOCKERFILE


def test_a_filled_in_example_is_never_committed() -> None:
    assert ".env" in (ROOT / ".gitignore").read_text("utf-8").split()
