"""What the launcher keeps under `var`: whole and closed files, kept ports and passwords, one launcher at a time."""

import json
import stat
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from anju.launcher import ports
from anju.launcher.child import LOG_MAX_BYTES, last_line, readable, rotate
from anju.launcher.credentials import Login, UnreadableCredentials, keep
from anju.launcher.files import LossyStream, write_json, write_private
from anju.launcher.lock import AlreadyRunning, hold
from anju.launcher.ports import NoFreePort, free_port, reserve


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """Ports that somebody else listens on, as `is_free` sees them."""
    busy: set[int] = set()
    monkeypatch.setattr(ports, "is_free", lambda port: port not in busy)
    return busy


def test_a_private_file_is_closed_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("old")
    path.chmod(0o644)
    write_private(path, "new")
    assert (path.read_text(), mode(path), [file.name for file in tmp_path.iterdir()]) == ("new", 0o600, ["secret"])


def test_a_failed_write_keeps_the_old_text(tmp_path: Path) -> None:
    (tmp_path / "place").mkdir()  # a directory cannot be replaced by a file
    (tmp_path / "place" / "full").touch()
    with pytest.raises(OSError, match="place"):
        write_private(tmp_path / "place", "new")
    assert [file.name for file in tmp_path.iterdir()] == ["place"]


def test_a_log_that_cannot_be_written_stops_nothing_and_tells_its_losses(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        stream = LossyStream(full)
        print("one", file=stream, flush=True)
        assert stream.lost == 2  # the words and the end of the line
        with pytest.raises(OSError, match="No space"):
            full.close()
    with (tmp_path / "log").open("w") as file:
        mended = LossyStream(file)
        mended.lost = stream.lost
        print("two", file=mended, flush=True)
    assert (tmp_path / "log").read_text() == "(2 writes to this log were lost)\ntwo\n"


def test_ports_are_kept_between_starts(tmp_path: Path, taken: set[int]) -> None:
    first = reserve(tmp_path / "ports.json", ["mqtt", "redis"])
    assert len(set(first.values())) == 2
    assert reserve(tmp_path / "ports.json", ["redis", "mqtt"]) == first


def test_a_taken_port_is_chosen_again_and_said(tmp_path: Path, taken: set[int]) -> None:
    path = tmp_path / "ports.json"
    before = reserve(path, ["mqtt", "redis"])
    taken.add(before["mqtt"])
    with capture_logs() as logs:
        after = reserve(path, ["mqtt", "redis"])
    assert after["redis"] == before["redis"]
    assert after["mqtt"] not in set(before.values())
    told = {"event": "port_taken", "log_level": "warning", "part": "mqtt", "taken": before["mqtt"]}
    assert logs == [told | {"instead": after["mqtt"]}]
    assert json.loads(path.read_text()) == after


def test_ports_of_parts_not_asked_for_stay_theirs(tmp_path: Path, taken: set[int]) -> None:
    path = tmp_path / "ports.json"
    first = reserve(path, ["mqtt"])
    both = first | reserve(path, ["api"])
    assert len(set(both.values())) == 2
    assert json.loads(path.read_text()) == both


def test_a_preferred_port_is_taken_where_it_is_free(tmp_path: Path, taken: set[int]) -> None:
    assert reserve(tmp_path / "a.json", ["api"], {"api": 8000}) == {"api": 8000}
    taken.add(8000)
    assert reserve(tmp_path / "b.json", ["api"], {"api": 8000})["api"] in range(ports.FIRST, ports.LAST + 1)


@pytest.mark.parametrize("damaged", ["{", "[1]", '{"mqtt": "x"}', '{"mqtt": 70000}'])
def test_a_damaged_file_of_ports_costs_new_ports_only(tmp_path: Path, taken: set[int], damaged: str) -> None:
    path = tmp_path / "ports.json"
    path.write_text(damaged)
    assert reserve(path, ["mqtt"]) == json.loads(path.read_text())


def test_no_free_port_is_an_error_with_a_mend(taken: set[int]) -> None:
    taken.add(20_001)
    with pytest.raises(NoFreePort, match="Stop the programs"):
        free_port(draw=lambda: 20_001)


def test_passwords_are_drawn_once_and_closed(tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    first = keep(path, ["mqtt"])
    again = keep(path, ["mqtt", "redis"])
    assert again["mqtt"] == first["mqtt"]
    assert again["redis"].password != again["mqtt"].password
    assert len(again["redis"].password) == 49
    assert mode(path) == 0o600


def test_a_login_does_not_show_its_password_in_a_trace() -> None:
    assert "hunter2" not in repr(Login(user="anju", password="hunter2"))


@pytest.mark.parametrize("damaged", ["{", "[]", '{"mqtt": {"user": "anju"}}', '{"mqtt": 3}'])
def test_damaged_passwords_are_not_replaced_in_silence(tmp_path: Path, damaged: str) -> None:
    path = tmp_path / "credentials.json"
    path.write_text(damaged)
    with pytest.raises(UnreadableCredentials, match="Delete it"):
        keep(path, ["mqtt"])
    assert path.read_text() == damaged


def test_a_second_launcher_is_told_who_holds_the_directory(tmp_path: Path) -> None:
    var = tmp_path / "var"
    with hold(var), pytest.raises(AlreadyRunning, match=r"process \d+"), hold(var):
        pass
    with hold(var):  # let go with the block
        assert mode(var) == 0o700


def test_the_last_line_is_of_this_life(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    assert last_line(log, 0) == ""
    log.write_text("an old life\n")
    since = log.stat().st_size
    assert last_line(log, since) == ""
    log.write_text("an old life\nfirst\n  last words \n\n")
    assert last_line(log, since) == "last words"


def test_a_long_line_without_end_is_read_in_part(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    log.write_text("安" * 100_000)
    assert len(last_line(log, 0)) < 4096


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"error": "端口被占用。", "event": "cannot_start"}', "端口被占用。"),
        ('{"event": "stopped"}', '{"event": "stopped"}'),
        ('{"error": 3}', '{"error": 3}'),
        ("[1]", "[1]"),
        ("Segmentation fault", "Segmentation fault"),
        ("", ""),
    ],
)
def test_a_structured_line_is_told_by_its_error(line: str, words: str) -> None:
    assert readable(line) == words


def test_a_big_log_moves_aside_and_its_writer_goes_on_at_the_start(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    with log.open("ab") as writer:
        writer.truncate(LOG_MAX_BYTES + 1)
        rotate(log)
        writer.write(b"new\n")
    assert log.read_bytes() == b"new\n"
    assert (tmp_path / "x.log.1").stat().st_size == LOG_MAX_BYTES + 1


def test_a_small_log_stays(tmp_path: Path) -> None:
    write_json(tmp_path / "x.log", {})
    rotate(tmp_path / "x.log")
    assert [file.name for file in tmp_path.iterdir()] == ["x.log"]
