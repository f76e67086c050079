"""The supervisor with small real children: order, restarts, crash loops, clean ends, and no orphans."""

import json
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from structlog.testing import capture_logs

from anju.launcher.backoff import Backoff
from anju.launcher.lifecycle import State
from anju.launcher.mends import ChildFailed
from anju.launcher.spec import NotReady, Probe, ServiceSpec
from anju.launcher.supervisor import Supervisor

WITHIN_S = 20.0
QUICK = Backoff(first_s=0.02, cap_s=0.1)
# Says that it runs, waits for SIGTERM, says that it leaves.
CALM = """
import pathlib, signal, sys
diary, name = pathlib.Path(sys.argv[1]), sys.argv[2]
def leave(*_):
    with diary.open("a") as file: file.write(f"{name} leaves\\n")
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
with diary.open("a") as file: file.write(f"{name} runs\\n")
signal.pause()
"""
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); signal.pause()"
BROKEN = "import sys; print('all is well'); sys.exit('no space left on device')"
PARENT = """
import pathlib, subprocess, sys
helper = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
pathlib.Path(sys.argv[1]).write_text(f"{helper.pid} is the helper")
helper.wait()
"""
LAUNCHER = """
import pathlib, sys
from anju.launcher.spec import ServiceSpec
from anju.launcher.supervisor import Supervisor
specs = [ServiceSpec(name=name, argv=(sys.executable, "-c", sys.argv[2])) for name in ("a", "b")]
supervisor = Supervisor(specs, var=pathlib.Path(sys.argv[1]))
supervisor.__enter__()
print(*(row.pid for row in supervisor.statuses().values()), flush=True)
supervisor.wait_until(lambda rows: False, 300)
"""


def says(file: Path, text: str) -> Probe:
    """Ready once `file` holds `text`."""

    def probe() -> None:
        if not file.exists() or text not in file.read_text():
            raise NotReady(f"{text!r} not said yet")

    return probe


def python(
    name: str, code: str, *arguments: str | Path, probe: Probe | None = None, grace_s: float = 10.0
) -> ServiceSpec:
    return ServiceSpec(name=name, argv=(sys.executable, "-c", code, *map(str, arguments)), probe=probe, grace_s=grace_s)


def calm(name: str, diary: Path, *needs: str) -> ServiceSpec:
    return ServiceSpec(
        name=name,
        argv=(sys.executable, "-c", CALM, str(diary), name),
        probe=says(diary, f"{name} runs"),
        needs=needs,
    )


def start(supervisor: Supervisor, within_s: float = WITHIN_S) -> None:
    """Start all and wait for them; where one fails, all are stopped."""
    supervisor.start()
    try:
        supervisor.wait_serving(within_s)
    except ChildFailed:
        supervisor.stop()
        raise


def gone(pid: int) -> bool:
    """Whether the process ends within the deadline."""
    try:
        psutil.Process(pid).wait(WITHIN_S)
    except psutil.NoSuchProcess:
        return True
    except psutil.TimeoutExpired:
        return False
    return True


def test_children_start_after_those_they_need_and_stop_before_them(tmp_path: Path) -> None:
    diary = tmp_path / "diary"
    specs = [calm("broker", diary), calm("service", diary, "broker"), calm("page", diary, "service", "broker")]
    with Supervisor(specs, var=tmp_path) as supervisor:
        assert {row.state for row in supervisor.statuses().values()} == {State.SERVING}
    order = ["broker", "service", "page"]
    said = diary.read_text().splitlines()
    assert said == [f"{name} runs" for name in order] + [f"{name} leaves" for name in reversed(order)]
    ends = [row.last_exit for row in supervisor.statuses().values()]
    assert [(end.code, end.signal) for end in ends if end] == [(0, None)] * 3


def test_the_state_file_tells_what_runs_and_what_ran(tmp_path: Path) -> None:
    with Supervisor([calm("a", tmp_path / "diary")], var=tmp_path) as supervisor:
        running = json.loads((tmp_path / "supervisor.json").read_text())["children"]["a"]
        assert (running["state"], running["restarts"], running["last_exit"]) == ("serving", 0, None)
        assert running["pid"] == supervisor.statuses()["a"].pid
    stopped = json.loads((tmp_path / "supervisor.json").read_text())["children"]["a"]
    assert (stopped["state"], stopped["pid"], stopped["last_exit"]["code"]) == ("stopped", None, 0)


def test_a_killed_child_comes_back_and_is_reported(tmp_path: Path) -> None:
    diary = tmp_path / "diary"
    with capture_logs() as logs, Supervisor([calm("a", diary), calm("b", diary, "a")], var=tmp_path) as supervisor:
        before = supervisor.statuses()
        supervisor.signal("a")
        assert supervisor.wait_restarted("a", 1, WITHIN_S)
        after = supervisor.statuses()
    assert after["a"].pid != before["a"].pid
    assert (after["b"].pid, after["b"].restarts) == (before["b"].pid, 0)
    assert after["a"].last_exit is not None
    assert after["a"].last_exit.signal == "SIGKILL"
    [died] = [row for row in logs if row["event"] == "child_died"]
    assert (died["child"], died["exit"], died["log_level"]) == ("a", "signal SIGKILL", "error")


def test_a_child_that_ends_by_itself_without_error_comes_back_too(tmp_path: Path) -> None:
    with Supervisor([python("a", "")], var=tmp_path, backoff=Backoff(loop_after=1000, first_s=0.01)) as supervisor:
        assert supervisor.wait_until(lambda rows: rows["a"].restarts >= 3, WITHIN_S)


def test_a_crash_loop_at_the_start_stops_everything_and_tells_the_mend(tmp_path: Path) -> None:
    diary = tmp_path / "diary"
    broken = python("b", BROKEN, probe=says(diary, "never"))
    supervisor = Supervisor([calm("a", diary), broken], var=tmp_path, backoff=QUICK)
    with capture_logs() as logs, pytest.raises(ChildFailed) as caught:
        start(supervisor)
    assert "no space left on device" in caught.value.en
    assert "make room" in caught.value.mend_en
    assert "磁盘已满" in caught.value.mend_zh
    assert str(tmp_path / "log" / "b.log") in caught.value.en
    assert [row["child"] for row in logs if row["event"] == "crash_loop"] == ["b"]
    assert diary.read_text() == "a runs\na leaves\n"
    assert {row.state for row in supervisor.statuses().values()} == {State.STOPPED}


def test_a_crash_loop_is_forgotten_after_serving_a_while(tmp_path: Path) -> None:
    flag, diary = tmp_path / "flag", tmp_path / "diary"
    code = f"import pathlib, sys\nif not pathlib.Path({str(flag)!r}).exists(): sys.exit('not yet')\n{CALM}"
    spec = python("a", code, diary, "a", probe=says(diary, "a runs"))
    supervisor = Supervisor([spec], var=tmp_path, backoff=Backoff(first_s=0.02, cap_s=0.05, stable_s=0.1))
    flag.touch()
    start(supervisor)
    flag.unlink()
    diary.unlink()
    supervisor.signal("a")
    assert supervisor.wait_until(lambda rows: rows["a"].crash_loop, WITHIN_S)
    flag.touch()
    assert supervisor.wait_until(lambda rows: rows["a"].state is State.SERVING, WITHIN_S)
    assert supervisor.wait_until(lambda rows: not rows["a"].crash_loop and rows["a"].failures == 0, WITHIN_S)
    supervisor.stop()


def test_a_program_that_is_not_there_is_told_with_its_mend(tmp_path: Path) -> None:
    spec = ServiceSpec(name="a", argv=("/no/such/program",), probe=says(tmp_path / "x", "never"))
    with pytest.raises(ChildFailed, match=r"/no/such/program: No such file.*make setup"):
        start(Supervisor([spec], var=tmp_path, backoff=QUICK))


def test_a_child_that_never_answers_is_told_by_its_probe_and_stopped(tmp_path: Path) -> None:
    spec = python("a", "import signal; signal.pause()", probe=says(tmp_path / "x", "hello"))
    supervisor = Supervisor([spec], var=tmp_path)
    with pytest.raises(ChildFailed, match="'hello' not said yet"):
        start(supervisor, 0.5)
    assert supervisor.statuses()["a"].state is State.STOPPED


def silent() -> None:
    """A probe that nobody answers."""
    raise ConnectionRefusedError(111, "Connection refused")


def test_a_child_that_gives_no_answer_is_started_anew(tmp_path: Path) -> None:
    spec = replace(python("a", "import signal; signal.pause()", probe=silent), ready_within_s=0.2)
    supervisor = Supervisor([spec], var=tmp_path, backoff=QUICK)
    with capture_logs() as logs, pytest.raises(ChildFailed):
        start(supervisor)
    assert len([row for row in logs if row["event"] == "child_not_ready"]) >= 5


def test_who_needs_a_child_that_never_serves_starts_all_the_same(tmp_path: Path) -> None:
    diary = tmp_path / "diary"
    broken = python("a", BROKEN, probe=says(diary, "never"))
    door = replace(calm("door", diary, "a"), needs_within_s=0.1)
    supervisor = Supervisor([broken, door], var=tmp_path, backoff=QUICK)
    supervisor.start()
    assert supervisor.wait_until(lambda rows: rows["door"].state is State.SERVING, WITHIN_S)
    supervisor.stop()
    assert diary.read_text() == "door runs\ndoor leaves\n"


def test_a_stop_while_starting_is_no_failure(tmp_path: Path) -> None:
    spec = python("a", "import signal; signal.pause()", probe=says(tmp_path / "x", "hello"))
    supervisor = Supervisor([spec, calm("b", tmp_path / "diary", "a")], var=tmp_path)
    supervisor.start()
    assert supervisor.wait_until(lambda rows: rows["a"].state is State.STARTING, WITHIN_S)
    supervisor.ask_stop()
    supervisor.wait_serving(WITHIN_S)
    supervisor.wait_stopped()
    assert {row.state for row in supervisor.statuses().values()} == {State.STOPPED}


def test_a_child_that_says_not_yet_is_left_to_wait(tmp_path: Path) -> None:
    flag, diary = tmp_path / "flag", tmp_path / "diary"
    spec = replace(calm("a", diary), probe=says(flag, "go"), ready_within_s=0.1)
    supervisor = Supervisor([spec], var=tmp_path, backoff=QUICK)
    supervisor.start()
    assert not supervisor.wait_until(lambda rows: rows["a"].state is State.SERVING, 0.5)
    flag.write_text("go")
    assert supervisor.wait_until(lambda rows: rows["a"].state is State.SERVING, WITHIN_S)
    assert supervisor.statuses()["a"].restarts == 0
    supervisor.stop()


def test_a_deaf_child_is_killed_after_its_grace(tmp_path: Path) -> None:
    log = tmp_path / "log" / "a.log"
    supervisor = Supervisor([python("a", DEAF, probe=says(log, "deaf"), grace_s=0.2)], var=tmp_path)
    with capture_logs() as logs, supervisor:
        pass
    end = supervisor.statuses()["a"].last_exit
    assert end is not None
    assert end.signal == "SIGKILL"
    assert [row["event"] for row in logs if row["log_level"] == "warning"] == ["child_killed"]


def test_a_stop_that_kills_asks_nobody(tmp_path: Path) -> None:
    diary = tmp_path / "diary"
    supervisor = Supervisor([calm("a", diary), calm("b", diary, "a")], var=tmp_path)
    start(supervisor)
    supervisor.stop(kill=True)
    supervisor.stop()  # and again is no error
    assert "leaves" not in diary.read_text()


def test_helpers_of_a_child_end_with_it(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    spec = python("a", PARENT, note, probe=says(note, "is the helper"))
    with Supervisor([spec], var=tmp_path) as supervisor:
        helper = int(note.read_text().split()[0])
        own = supervisor.statuses()["a"].pid
        assert own is not None
        psutil.Process(own).send_signal(signal.SIGKILL)  # the child alone, not its group
        assert gone(helper)


def test_children_do_not_outlive_a_killed_launcher(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", LAUNCHER, str(tmp_path), DEAF]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as launcher:
        assert launcher.stdout is not None
        pids = [int(pid) for pid in launcher.stdout.readline().split()]
        launcher.kill()
    assert len(pids) == 2
    assert [gone(pid) for pid in pids] == [True, True]


def test_an_unwritable_state_file_is_said_once_and_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "supervisor.json").mkdir()
    with capture_logs() as logs, Supervisor([calm("a", tmp_path / "diary")], var=tmp_path) as supervisor:
        assert supervisor.statuses()["a"].state is State.SERVING
    assert [row["event"] for row in logs if row["log_level"] == "error"] == ["state_file_unwritable"]
