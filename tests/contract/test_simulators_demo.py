"""`anju demo --headless` as a user starts it: real processes, one JSON line, and a second start over the same."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
WITHIN_S = 240
PROMISED = {
    "captures", "decisions", "sightings", "alerts", "lost", "duplicated", "decision_ms_p50", "decision_ms_p99",
    "captures_by_recogniser",
}  # fmt: skip


def _demo(var: Path, *options: str) -> tuple[dict[str, Any], str]:
    """The summary of a short demo, and what a person saw."""
    argv = [sys.executable, "-m", "anju.cli", "demo", "--headless", "--var", str(var), "--homes", "115", *options]
    ended = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=WITHIN_S, check=False)
    assert ended.returncode == 0, ended.stderr[-3000:]
    return json.loads(ended.stdout.splitlines()[-1]), ended.stderr


@pytest.mark.timeout(2 * WITHIN_S)
def test_a_demo_sums_up_what_its_devices_know_and_can_be_started_again(tmp_path: Path) -> None:
    summary, seen = _demo(tmp_path, "--seconds", "15", "--speed", "240")
    assert set(summary) >= PROMISED
    assert (summary["lost"], summary["duplicated"], summary["opened_twice"]) == (0, 0, 0)
    assert summary["sightings"] == summary["captures"] > 50
    assert summary["decisions"] > 0
    real = set(summary["captures_by_recogniser"]) - {"simulated", "reader"}
    assert len(real) == 2, "a face network and the plate readers saw real pictures"
    assert summary["captures_by_recogniser"]["simulated"] > 0
    assert {"granted", "unrecognised"} <= set(summary["outcomes"])
    assert "NASA" in seen
    assert seen.count("demo-") >= 3

    again, seen = _demo(tmp_path, "--seconds", "3")
    assert (again["lost"], again["duplicated"]) == (0, 0)
    assert again["sightings"] == again["captures"], "the sightings of the first start are not counted again"
    assert "已存在" in seen
