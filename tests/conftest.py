"""What every run does: no network in unit tests, a count of what was skipped, no skip where everything is required."""

import os
import socket
from collections import Counter
from collections.abc import Generator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

pytest_plugins = ["tests.contract.parts"]

UNIT = Path(__file__).parent / "unit"
# Set where everything is there (.ci/run): what is skipped for a missing part then fails.
REQUIRE_ALL = os.environ.get("ANJU_REQUIRE_ALL") == "1"

# Two shared cores: the time of one example says nothing. Nothing is drawn from the clock, so a red run stays red.
hypothesis.settings.register_profile("anju", deadline=None, derandomize=bool(os.environ.get("CI")), print_blob=True)
hypothesis.settings.load_profile("anju")


@pytest.fixture(autouse=True)
def _no_sockets_in_unit_tests(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A unit test that reaches for the network fails at once; pairs of sockets inside the process stay allowed."""
    if not request.path.is_relative_to(UNIT):
        return
    for name in ("connect", "connect_ex", "bind", "sendto"):
        monkeypatch.setattr(socket.socket, name, _refusing(getattr(socket.socket, name)))


def _refusing(real: Any) -> Any:
    def call(self: socket.socket, *args: Any) -> Any:
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            pytest.fail(f"a unit test used the network: {real.__name__}{args}", pytrace=True)
        return real(self, *args)

    return call


def reason_of(report: pytest.TestReport | pytest.CollectReport) -> str:
    """Why a report says skipped."""
    if isinstance(report.longrepr, tuple):
        return str(report.longrepr[2]).removeprefix("Skipped: ")
    return str(report.longrepr)


def forbid_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn a skip into a failure; an expected failure (xfail) is none."""
    if report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"Everything is required here (ANJU_REQUIRE_ALL=1), but it was skipped: {reason_of(report)}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if REQUIRE_ALL:
        forbid_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    if REQUIRE_ALL:
        forbid_skip(report)
    return report


def pytest_unconfigure(config: pytest.Config) -> None:
    """The last line of a run: how much was skipped, and why; with those of earlier runs in the file ANJU_SKIPS."""
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if terminal is None or hasattr(config, "workerinput") or config.option.collectonly:
        return
    reasons = [reason_of(report) for report in terminal.stats.get("skipped", [])]
    if kept := os.environ.get("ANJU_SKIPS"):
        path = Path(kept)
        reasons = [*path.read_text("utf-8").splitlines(), *reasons]
        path.write_text("\n".join(reasons), "utf-8")
    print(skipped_line(reasons))  # noqa: T201


def skipped_line(reasons: list[str]) -> str:
    """`skipped 3: 2 x no Chromium; 1 x no pictures`."""
    rows = "; ".join(f"{count} x {reason}" for reason, count in sorted(Counter(reasons).items()))
    return f"skipped {len(reasons)}: {rows}" if rows else "skipped 0"
