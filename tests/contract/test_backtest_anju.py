"""`anju backtest`: one setting or two, from the command line to the files it leaves."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from anju.cli import app
from tests.contract.test_backtest_command import ARGUMENTS, stream, write_registry, write_sightings


def call(tmp_path: Path, *more: str) -> Path:
    registry, file = tmp_path / "r", tmp_path / "s.csv"
    if not registry.exists():
        write_registry(registry)
        write_sightings(file, stream())
    out = tmp_path / "out"
    files = ("--registry", str(registry), "--sightings", str(file), "--out", str(out))
    done = CliRunner().invoke(app, ["backtest", *files, *ARGUMENTS, *more], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return out


def test_one_setting_leaves_its_findings(tmp_path: Path) -> None:
    out = call(tmp_path)
    assert [path.name for path in out.iterdir()] == ["findings.jsonl"]
    assert len((out / "findings.jsonl").read_text("utf-8").splitlines()) >= 4


def test_two_settings_leave_both_findings_figures_and_a_picture(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text("name,value\nidle_early_days,10\n")
    out = call(tmp_path, "--compare", str(tmp_path / "b.csv"))
    assert sorted(path.name for path in out.iterdir()) == [
        "comparison.json", "comparison.svg", "findings-b.jsonl", "findings.jsonl",
    ]  # fmt: skip
    said = json.loads((out / "comparison.json").read_text("utf-8"))
    assert (said["a"], said["b"], said["homes"]) == ("默认参数 defaults", "b.csv", 6)
    (vacancy,) = [line for line in said["kinds"] if line["kind"] == "vacancy"]
    assert (vacancy["raised"], vacancy["earlier"], vacancy["earlier_days"]) == ([2, 2], 2, 20.0)
    both = [(out / name).read_text("utf-8") for name in ("findings.jsonl", "findings-b.jsonl")]
    assert both[0] != both[1]
    assert "e1-h1" in (out / "comparison.svg").read_text("utf-8")


def test_each_setting_is_judged_as_if_alone(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text("name,value\nidle_early_days,10\n")
    together = (call(tmp_path, "--compare", str(tmp_path / "b.csv")) / "findings-b.jsonl").read_bytes()
    alone = (call(tmp_path, "--parameters", str(tmp_path / "b.csv")) / "findings.jsonl").read_bytes()
    assert together == alone


def test_a_folder_that_cannot_be_made_is_said_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from anju import cli

    (tmp_path / "file").write_text("")
    write_registry(tmp_path / "r")
    write_sightings(tmp_path / "s.csv", stream())
    files = ("--registry", str(tmp_path / "r"), "--sightings", str(tmp_path / "s.csv"))
    argv = ["anju", "backtest", *files, "--out", str(tmp_path / "file" / "x"), *ARGUMENTS]
    monkeypatch.setattr("sys.argv", argv)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert "file" in capsys.readouterr().err
