"""`anju simulate`: what it refuses, the files it writes for a back-test, and how it tells what came of a replay."""

import io
import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet
import pytest
from rich.console import Console
from typer.testing import CliRunner

from anju import cli
from anju.demo_summary import Summary
from anju.replaying import STATE, Outcome, begun
from anju.simulating import TooLong, WrongChoice, run, table
from anju.simulating_estate import NotTaken, prepare
from core.clock import ManualClock
from core.db import Store, open_store
from core.db.migrate import migrate_store
from core.settings import Settings
from housing.registry import reading
from occupancy.backtest.command import OutputRefused
from occupancy.backtest.command import main as backtest
from simulators.replay import MOST_DAYS
from simulators.replay_showing import enrolled
from simulators.replay_streams import Asked, Generator, draw
from simulators.streams import SIGHTINGS

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
ASKED = Asked(generator=Generator.ELSEWHERE, seed=3, homes=12, start=date(2026, 11, 20), days=3)


def settings(tmp_path: Path) -> Settings:
    return Settings(var_dir=tmp_path / "var", database_url="", language="en")


def call(tmp_path: Path, generator: str = "elsewhere", *, days: int = 3, speed: str = "max", out: str = "") -> int:
    folder, clock = tmp_path / out if out else None, ManualClock(NOW)
    return run(settings(tmp_path), generator, homes=12, days=days, seed=3, speed=speed, out=folder, clock=clock)


@pytest.mark.parametrize("speed", ["0", "-3", "nan", "fast", ""])
def test_a_speed_that_is_none_is_refused(tmp_path: Path, speed: str) -> None:
    with pytest.raises(WrongChoice, match="speed"):
        call(tmp_path, speed=speed)
    assert list(tmp_path.iterdir()) == []


def test_a_generator_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongChoice, match="lives, elsewhere"):
        call(tmp_path, "life")


def test_more_days_than_gateways_take_can_be_written_but_not_replayed(tmp_path: Path) -> None:
    with pytest.raises(TooLong, match=str(MOST_DAYS)):
        call(tmp_path, days=MOST_DAYS + 1)
    assert list(tmp_path.iterdir()) == []
    assert call(tmp_path, days=MOST_DAYS + 1, out="out") == 0


def test_the_files_are_the_stream_and_the_back_test_takes_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert call(tmp_path, out="out") == 0
    said = " ".join(capsys.readouterr().err.split())
    assert f"--registry {out} --sightings {out}/sightings.parquet --from 2026-11-20 --until 2026-11-23" in said
    made = draw(ASKED)
    assert pyarrow.parquet.read_table(out / "sightings.parquet").cast(SIGHTINGS).equals(made.sightings)
    assert {path.stem for path in out.glob("*.csv")} == {*made.registry, "truth"}
    named = ("--registry", str(out), "--sightings", str(out / "sightings.parquet"), "--out", str(tmp_path / "found"))
    assert backtest([*named, "--from", "2026-11-20", "--until", "2026-11-23"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert (summary["homes"], summary["refused"], summary["registry_refused"]) == (12, 0, 0)
    assert summary["sightings"] + summary["repeated"] == made.sightings.num_rows


def test_a_folder_that_cannot_be_made_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputRefused, match="file"):
        call(tmp_path, out="file/x")


def test_the_command_passes_on_what_it_was_told(tmp_path: Path) -> None:
    asked = ("--generator", "elsewhere", "--homes", "3", "--days", "2", "--seed", "4", "--out", str(tmp_path / "out"))
    done = CliRunner().invoke(cli.app, ["simulate", *asked], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert (tmp_path / "out" / "homes.csv").read_text("utf-8").count("\n") == 4


def test_a_replay_that_was_begun_is_gone_on_with(tmp_path: Path) -> None:
    first = begun(tmp_path, ASKED)
    later = msgspec.structs.replace(ASKED, start=date(2026, 11, 21))
    assert begun(tmp_path, later) == first
    assert first.asked == ASKED
    (tmp_path / STATE).unlink()
    assert begun(tmp_path, later).run != first.run


@pytest.fixture
def installed(tmp_path: Path) -> Settings:
    made = settings(tmp_path)
    migrate_store(made, Store.HOUSING)
    return made


def enrolled_now(installed: Settings, estate: str) -> dict[str, int]:
    engine = open_store(installed, Store.HOUSING, read_only=True)
    with engine.connect() as conn:
        held = reading.templates(conn, estate, "face")
    engine.dispose()
    return dict(Counter(row.person for row in held))


@pytest.mark.parametrize("generator", list(Generator))
def test_everybody_who_consented_is_enrolled_once_however_often_it_is_prepared(
    installed: Settings, generator: Generator
) -> None:
    stream = draw(msgspec.structs.replace(ASKED, generator=generator))
    told: set[str] = set()
    for _ in range(2):
        estate = prepare(installed, stream, 3, clock=ManualClock(NOW), tell=lambda what, _done, _of: told.add(what))
        assert enrolled_now(installed, estate) == dict.fromkeys(enrolled(stream), 2)
    assert told == {"simulate.registering", "simulate.enrolling"}
    assert {path.parent.name for path in installed.var_dir.glob("gateways/*/gateway.toml")} == {
        row["gateway"] for row in stream.registry["gateways"].to_pylist()
    }


def test_a_registry_that_is_refused_is_said_with_its_row(installed: Settings) -> None:
    stream = draw(ASKED)
    doors = stream.registry["doors"].to_pylist()
    doors[0]["kind"] = "hatch"
    wrong = replace(stream, registry={**stream.registry, "doors": pa.Table.from_pylist(doors)})
    with pytest.raises(NotTaken, match="doors"):
        prepare(installed, wrong, 3, clock=ManualClock(NOW), tell=lambda _what, _done, _of: None)
    assert not list(installed.var_dir.glob("gateways/*"))


def test_what_came_of_it_is_told_with_every_reason() -> None:
    summary = Summary(
        captures=5, decisions=0, sightings=5, alerts=0, lost=1, duplicated=2, decision_ms_p50=None,
        decision_ms_p99=None, captures_by_recogniser={}, outcomes={}, decided_alone=0, refused={"time_unknown": 3},
        opened_twice=0, door_ms_p50=None, door_ms_p99=None,
    )  # fmt: skip
    outcome = Outcome(presented=9, left_out={"intercom": 4}, summary=summary, folded=True)
    seen = io.StringIO()
    Console(file=seen, width=80).print(table(outcome, "en"))
    lines = [line.split("│")[1:3] for line in seen.getvalue().splitlines() if "│" in line]
    assert {words.strip(): count.strip() for words, count in lines} == {
        "Presented": "9", "Recorded": "5", "Lost": "1", "Duplicated": "2", "Refused by a gateway: time_unknown": "3",
        "Left out: intercom": "4",
    }  # fmt: skip
