"""The scripts behind make: locks are joined and thinned rightly, benchmarks find their data, skips are counted."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts import bench, lock
from tests.conftest import forbid_skip, skipped_line

ROOT = Path(__file__).parents[2]
A = "a-b==1.0 \\\n    --hash=sha256:00 \\\n    --hash=sha256:01\n"
B = "b[x]==2.0 ; sys_platform == 'win32' \\\n    --hash=sha256:02\n"
C = "c==3.0 \\\n    --hash=sha256:03\n"


def test_a_lock_falls_into_its_blocks() -> None:
    assert list(lock.blocks(f"# made by a tool\n{A}{B}")) == ["a-b==1.0 \\", "b[x]==2.0 ; sys_platform == 'win32' \\"]


def test_locks_are_joined_without_loss() -> None:
    assert lock.joined(A, B + C) == A + B + C


def test_a_package_pinned_twice_is_refused_whatever_its_spelling() -> None:
    with pytest.raises(ValueError, match="a-b"):
        lock.joined(A, A.replace("a-b", "A_b"))


def test_the_development_lock_holds_only_what_the_other_does_not() -> None:
    assert lock.without(A + B + C, B + "A.B==9 \\\n    --hash=sha256:0f\n") == C


@given(st.lists(st.sampled_from([A, B, C]), unique=True), st.lists(st.sampled_from([A, B, C]), unique=True))
def test_thinned_and_other_share_nothing_and_lose_nothing(first: list[str], second: list[str]) -> None:
    thin = lock.without("".join(first), "".join(second))
    assert set(lock.blocks(lock.joined(thin, "".join(second)))) == set(lock.blocks("".join(first + second)))


@pytest.mark.parametrize("name", [lock.LOCK, lock.DEV_LOCK])
def test_every_pin_of_our_locks_has_hashes_and_no_address(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    assert "://" not in text
    found = lock.blocks(text)
    assert len(found) > 20
    assert [line for line, block in found.items() if "--hash=sha256:" not in block] == []


def test_our_locks_pin_each_package_in_one_of_them() -> None:
    run, dev = ((ROOT / name).read_text("utf-8") for name in (lock.LOCK, lock.DEV_LOCK))
    assert lock.without(dev, run).splitlines() == dev.splitlines()


@pytest.mark.parametrize("name", ["requirements", "carriers", "requirements-dev"])
def test_everything_that_is_wanted_is_locked(name: str) -> None:
    pinned = {
        lock.name(line) for file in (lock.LOCK, lock.DEV_LOCK) for line in lock.blocks((ROOT / file).read_text("utf-8"))
    }
    lines = (ROOT / f"{name}.in").read_text("utf-8").splitlines()
    wanted = {re.split(r"[<\[=]", line)[0].strip() for line in lines if line and not line.startswith(("#", "-"))}
    assert wanted - pinned == set()


def test_benchmarks_on_real_data_are_left_out_where_the_data_are_not(tmp_path: Path) -> None:
    assert bench.command("face", tmp_path, as_json=True) is None
    (tmp_path / "faces").mkdir()
    wanted = [sys.executable, "-m", "benchmarks.face", "--data", str(tmp_path / "faces"), "--json"]
    assert bench.command("face", tmp_path, as_json=True) == wanted
    assert bench.command("pipeline", tmp_path, as_json=False) == [sys.executable, "-m", "benchmarks.pipeline"]


def test_every_benchmark_that_reads_data_is_one() -> None:
    assert {"face", "plate"} <= set(bench.names())


def test_make_help_names_every_target_people_call() -> None:
    said = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"make (\w+)", said)) >= {"setup", "demo", "test", "check", "bench", "clean", "lock"}


def test_the_last_line_counts_skips_by_reason() -> None:
    assert skipped_line([]) == "skipped 0"
    assert skipped_line(["no Chromium", "no pictures", "no Chromium"]) == "skipped 3: 2 x no Chromium; 1 x no pictures"


def test_where_everything_is_required_a_skip_is_a_failure() -> None:
    report = pytest.TestReport("x", ("x", 1, "x"), {}, "skipped", ("x.py", 1, "Skipped: no Chromium"), "setup")
    forbid_skip(report)
    assert report.failed
    assert "no Chromium" in str(report.longrepr)


def test_an_expected_failure_is_no_skip() -> None:
    report = pytest.TestReport("x", ("x", 1, "x"), {}, "skipped", ("x.py", 1, "Skipped: known"), "call")
    report.wasxfail = "known"
    forbid_skip(report)
    assert report.skipped
