"""Where the results go is asked before the work, and said in words where nothing can be written there."""

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from anju import backtest
from occupancy.backtest import command
from occupancy.backtest.command import OutputRefused, check_output, main, write_output

PLACES: dict[str, tuple[Callable[[Path], Path], str, str]] = {
    "missing": (lambda folder: folder / "nowhere" / "f.jsonl", "There is no folder", "请先建立"),
    "folder": (lambda folder: folder, "is a folder", "请给出文件名"),
    "below a file": (lambda folder: folder / "file" / "f.jsonl", "There is no folder", "请先建立"),
    "too long": (lambda folder: folder / ("x" * 300), "cannot be written", "改用其他位置"),
}
PERIOD = ("--from", "2026-03-01", "--until", "2026-03-02")


def no_work(*_: Any, **__: Any) -> Any:
    raise AssertionError("the work began although its results have no place")


@pytest.mark.parametrize("place", PLACES)
def test_the_command_ends_with_2_and_words_before_any_work(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "compare", no_work)
    (tmp_path / "file").write_text("kept")
    where, en, zh = PLACES[place]
    files = ("--registry", str(tmp_path), "--sightings", str(tmp_path / "s.csv"), "--out", str(where(tmp_path)))
    assert main([*files, *PERIOD]) == 2
    said = capsys.readouterr()
    assert en in said.err
    assert zh in said.err
    assert not said.out
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("name", ["findings.jsonl", "findings-b.jsonl", "comparison.json", "comparison.svg"])
def test_a_folder_of_results_is_asked_before_any_work(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backtest, "compare", no_work)
    (tmp_path / "b.csv").write_text("name,value\nidle_early_days,10\n")
    (tmp_path / "out" / name).mkdir(parents=True)
    with pytest.raises(OutputRefused, match="is a folder") as refused:
        backtest.run(
            tmp_path, tmp_path / "s.csv", date(2026, 3, 1), date(2026, 3, 2), tmp_path / "out",
            other=tmp_path / "b.csv",
        )  # fmt: skip
    assert refused.value.mend_zh
    assert refused.value.mend_en


def test_asking_changes_nothing_and_writing_replaces(tmp_path: Path) -> None:
    file = tmp_path / "f.jsonl"
    check_output(file)
    assert not file.exists()
    write_output(file, [b"one\n", b"two\n"])
    check_output(file)
    assert file.read_bytes() == b"one\ntwo\n"
    write_output(file, [b"three\n"])
    assert file.read_bytes() == b"three\n"


def test_a_place_lost_during_the_work_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(OutputRefused, match="cannot be written") as refused:
        write_output(tmp_path / "gone" / "f.jsonl", [b"x"])
    assert "改用其他位置" in refused.value.text("zh")


def test_a_device_is_taken_as_it_is() -> None:
    check_output(Path("/dev/null"))
    write_output(Path("/dev/null"), [b"x"])
    assert Path("/dev/null").is_char_device()


def test_a_file_that_may_not_be_written_is_refused_and_a_pipe_is_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(_path: Path, mode: str) -> Any:
        raise PermissionError(13, f"locked for {mode}")

    (tmp_path / "f.jsonl").write_text("kept")
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.setattr(Path, "open", locked)
    with pytest.raises(OutputRefused, match="locked for ab"):
        check_output(tmp_path / "f.jsonl")
    check_output(tmp_path / "pipe")


def test_help_says_that_until_is_not_swept(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "exclusive" in capsys.readouterr().out
