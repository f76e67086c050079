"""The life of a child: every step of the table and every step that is not in it, delays, order and mends."""

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anju.launcher.backoff import Backoff
from anju.launcher.lifecycle import TRANSITIONS, Event, IllegalTransition, LastExit, State, Status, step
from anju.launcher.mends import child_failed, mend_for
from anju.launcher.spec import ServiceSpec, check_order


def spec(name: str, *needs: str) -> ServiceSpec:
    return ServiceSpec(name=name, argv=("true",), needs=needs)


def ended(line: str = "", code: int | None = 1, signal: str | None = None) -> LastExit:
    return LastExit(at="2026-01-01T00:00:00+00:00", code=code, signal=signal, line=line)


@pytest.mark.parametrize(("state", "event"), list(itertools.product(State, Event)))
def test_every_pair_is_in_the_table_or_refused(state: State, event: Event) -> None:
    before = Status(name="x", state=state, pid=7)
    if (state, event) in TRANSITIONS:
        assert step(before, event).state is TRANSITIONS[state, event]
    else:
        with pytest.raises(IllegalTransition, match="x"):
            step(before, event)


def test_only_a_launch_after_backing_off_is_a_restart() -> None:
    row = Status(name="x")
    for _ in range(3):
        row = step(step(step(row, Event.LAUNCHED), Event.ANSWERED), Event.EXITED)
    assert row.restarts == 2


def test_a_child_that_exited_has_no_pid() -> None:
    assert step(Status(name="x", state=State.SERVING, pid=7), Event.EXITED).pid is None


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_a_delay_lies_between_half_its_bound_and_its_bound(failures: int, jitter: float) -> None:
    backoff = Backoff(first_s=0.2, cap_s=30.0)
    bound = 0.2 * 2 ** (failures - 1) if failures < 9 else 30.0
    assert bound / 2 <= backoff.delay_s(failures, jitter) <= bound


@given(st.integers(1, 100), st.floats(0, 1))
def test_delays_never_shrink_with_failures(failures: int, jitter: float) -> None:
    backoff = Backoff()
    assert backoff.delay_s(failures + 1, jitter) >= backoff.delay_s(failures, jitter)


def test_a_crash_loop_begins_at_the_fifth_failure() -> None:
    assert [Backoff().is_loop(failures) for failures in (0, 4, 5, 6)] == [False, False, True, True]


def test_order_refuses_unknown_and_repeated_names_and_cycles() -> None:
    check_order([spec("a"), spec("b", "a")])
    for wrong in ([spec("a", "b"), spec("b")], [spec("a"), spec("a")], [spec("a", "a")]):
        with pytest.raises(ValueError, match="child"):
            check_order(wrong)


@pytest.mark.parametrize(
    ("last", "word"),
    [
        (ended("listen tcp 127.0.0.1:1883: bind: address already in use"), "port"),
        (ended("OSError: [Errno 28] No space left on device"), "disk"),
        (ended("sqlite3.OperationalError: attempt to write a readonly database"), "owns"),
        (ended("ModuleNotFoundError: No module named 'structlog'"), "make setup"),
        (ended("", code=None, signal="SIGKILL"), "memory"),
        (ended("segmentation fault", code=None, signal="SIGSEGV"), "doctor"),
    ],
)
def test_the_last_words_lead_to_a_mend(last: LastExit, word: str) -> None:
    assert word in mend_for(last).en


def test_a_failed_child_is_told_with_its_log_and_mend_in_both_languages() -> None:
    error = child_failed("recognition", ended("no space left on device"), "", Path("var/log/recognition.log"))
    for lang in ("zh", "en"):
        assert "var/log/recognition.log" in error.text(lang)
        assert "no space left" in error.text(lang)
    assert "磁盘已满" in error.text("zh")


def test_a_child_that_never_answered_is_told_by_what_its_probe_heard() -> None:
    assert "503 database away" in child_failed("api", None, "503 database away", Path("x.log")).en
    assert "anju import" in child_failed("recognition", None, '503 {"registry": false}', Path("x.log")).mend_zh
