"""`python -m occupancy.backtest` on files: what it writes, what it says, and what it does not mind."""

import csv
import json
import subprocess
import sys
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow.csv
import pyarrow.parquet
import pytest

from core.clock import CHINA, from_us
from occupancy.backtest.command import main
from occupancy.files import COLUMNS
from tests.contract.occupancy_estates import at

FIRST, COUNT = date(2026, 3, 2), 60
PERIOD = [FIRST + timedelta(n) for n in range(COUNT)]
ROOT = Path(__file__).parents[2]
ARGUMENTS = ("--from", FIRST.isoformat(), "--until", (FIRST + timedelta(COUNT)).isoformat())
REGISTRY: dict[str, list[str]] = {
    "homes": [
        "home,estate,building,floor,unit,area_m2,state",
        *(f"{estate}-h{n},{estate},{estate}-b,1,10{n},50,let" for estate in ("e1", "e2") for n in range(3)),
    ],
    "doors": [
        "door,estate,kind,building,home,counts_tailgating",
        *(f"{estate}-gate,{estate},gate,,,0" for estate in ("e1", "e2")),
        *(f"{estate}-d{n},{estate},home,{estate}-b,{estate}-h{n},0" for estate in ("e1", "e2") for n in range(3)),
    ],
    "people": [
        "person,name,born,home,relation,from,until,lives_alone",
        *(
            f"{estate}-p{n},住户{n},1980-01-01,{estate}-h{n},tenant,2025-01-01,,0"
            for estate in ("e1", "e2")
            for n in range(3)
        ),
    ],
    "leases": [
        "lease,home,tenant,start,end,rent_month",
        *(
            f"{estate}-l{n},{estate}-h{n},{estate}-p{n},2025-01-01,{'2026-03-31' if n == 2 else '2029-12-31'},500"
            for estate in ("e1", "e2")
            for n in range(3)
        ),
    ],
}


def write_registry(folder: Path, **extra: Sequence[str]) -> Path:
    folder.mkdir()
    for name, lines in (REGISTRY | {name: list(lines) for name, lines in extra.items()}).items():
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", "utf-8")
    return folder


def stream() -> list[dict[str, str]]:
    """Homes 0 and 2 are lived in, home 1 of each estate falls idle; the second estate is the first an hour later."""
    rows = []
    for n, day in enumerate(PERIOD):
        for shift, estate in enumerate(("e1", "e2")):
            for home in (0, 2) if n >= 4 + shift else (0, 1, 2):
                moment = from_us(at(day, 18 + shift) + home).astimezone(CHINA).isoformat()
                rows.append({
                    "event": f"{estate}-{n}-{home}", "at": moment, "door": f"{estate}-gate", "direction": "in",
                    "modality": "face", "person": f"{estate}-p{home}", "outcome": "granted",
                })  # fmt: skip
    return [dict.fromkeys(COLUMNS, "") | row for row in rows]


def write_sightings(path: Path, rows: Sequence[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return path


def judge(
    folder: Path, registry: Path, sightings: Path, capsys: pytest.CaptureFixture[str], *more: str
) -> tuple[bytes, dict[str, Any], str]:
    """The findings' file, the summary and what was told."""
    out = folder / "findings.jsonl"
    files = ("--registry", str(registry), "--sightings", str(sightings), "--out", str(out))
    assert main([*files, *ARGUMENTS, *more]) == 0
    said = capsys.readouterr()
    summary: dict[str, Any] = json.loads(said.out.splitlines()[-1])
    return out.read_bytes(), summary, said.err


def test_it_runs_as_a_module_and_ends_with_a_summary(tmp_path: Path) -> None:
    registry, file = write_registry(tmp_path / "r"), write_sightings(tmp_path / "s.csv", stream())
    files = ("--registry", str(registry), "--sightings", str(file), "--out", str(tmp_path / "f.jsonl"))
    argv = [sys.executable, "-m", "occupancy.backtest", *files, *ARGUMENTS]
    done = subprocess.run(argv, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    summary = json.loads(done.stdout.splitlines()[-1])
    assert {name: summary[name] for name in ("sightings", "homes", "days")} == {
        "sightings": len(stream()), "homes": 6, "days": COUNT,
    }  # fmt: skip
    assert summary["seconds"] > 0
    assert summary["sightings_per_second"] > 0
    found = [json.loads(line) for line in (tmp_path / "f.jsonl").read_text("utf-8").splitlines()]
    stages = {(row["home"], row["kind"]): row["stages"] for row in found}
    assert stages["e1-h1", "vacancy"][0] == {"stage": "watch", "on": "2026-04-05"}  # 30 whole days after 6 March
    assert stages["e2-h1", "vacancy"][0] == {"stage": "watch", "on": "2026-04-06"}
    assert stages["e1-h2", "overdue"][0]["on"] == "2026-04-01"


def test_order_repetition_and_format_change_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    registry, rows = write_registry(tmp_path / "r"), stream()
    plain, summary, _ = judge(tmp_path, registry, write_sightings(tmp_path / "s.csv", rows), capsys)
    assert plain
    mixed = write_sightings(tmp_path / "mixed.csv", [*rows[::-3], *rows, *rows[5:30]][::-1])
    again, counts, _ = judge(tmp_path, registry, mixed, capsys)
    assert again == plain
    assert counts["sightings"] == summary["sightings"] == len(rows)
    assert counts["repeated"] == len(rows[::-3]) + 25
    pyarrow.parquet.write_table(pyarrow.csv.read_csv(tmp_path / "s.csv"), tmp_path / "s.parquet")
    assert judge(tmp_path, registry, tmp_path / "s.parquet", capsys)[0] == plain


def test_an_event_counts_once_and_at_its_first_moment(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    registry, rows = write_registry(tmp_path / "r"), stream()
    plain, *_ = judge(tmp_path, registry, write_sightings(tmp_path / "s.csv", rows), capsys)
    late = [row | {"at": row["at"].replace("2026-03-0", "2026-04-2")} for row in rows if "p1" in row["person"]]
    with_late, counts, _ = judge(tmp_path, registry, write_sightings(tmp_path / "l.csv", late + rows), capsys)
    assert with_late == plain  # the idle homes are not lived in because an old event came again
    assert counts["repeated"] == len(late)


def test_what_cannot_be_used_is_told_and_the_rest_is_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    homes = [*REGISTRY["homes"], "e1-h9,e1,e1-b,1,109,fifty,let"]
    registry, rows = write_registry(tmp_path / "r", homes=homes), stream()
    plain, *_ = judge(tmp_path, registry, write_sightings(tmp_path / "s.csv", rows), capsys)
    bad = [
        rows[0] | {"event": "b1", "at": "noon"}, rows[0] | {"event": "b2", "outcome": "perhaps"},
        rows[0] | {"event": "b3", "person": "stranger", "door": "e1-d1", "outcome": "denied"},
        rows[0] | {"event": "b4", "at": "2031-01-01T00:00:00Z"},
        rows[0] | {"event": "b5", "door": "elsewhere", "person": "stranger"},
    ]  # fmt: skip
    found, summary, told = judge(tmp_path, registry, write_sightings(tmp_path / "s.csv", bad + rows), capsys)
    assert found == plain
    wanted = {"refused": 2, "outside": 1, "unplaced": 1, "registry_refused": 1, "unknown": {"person": 1}}
    assert {name: summary[name] for name in wanted} == wanted
    assert "homes.csv:8 [area_m2]" in told
    assert "s.csv:2 [at] “noon”" in told
    assert "s.csv:3 [outcome]" in told
    assert "stranger" in told


def test_an_empty_file_judges_nobody(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    registry = write_registry(tmp_path / "r")
    found, summary, _ = judge(tmp_path, registry, write_sightings(tmp_path / "s.csv", []), capsys)
    assert (found, summary["sightings"], summary["homes"]) == (b"", 0, 6)


def test_parameters_change_what_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    registry, file = write_registry(tmp_path / "r"), write_sightings(tmp_path / "s.csv", stream())
    (tmp_path / "p.csv").write_text("name,value\nidle_early_days,10\n")
    found, *_ = judge(tmp_path, registry, file, capsys, "--parameters", str(tmp_path / "p.csv"))
    rows = [json.loads(line) for line in found.splitlines()]
    begun = {row["home"]: row["stages"][0]["on"] for row in rows if row["kind"] == "vacancy"}
    assert begun == {"e1-h1": "2026-03-16", "e2-h1": "2026-03-17"}


@pytest.mark.parametrize("wrong", ["column", "parameter", "registry", "missing"])
def test_files_that_cannot_be_used_are_refused_in_words(
    wrong: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    registry, file = write_registry(tmp_path / "r"), write_sightings(tmp_path / "s.csv", stream())
    parameters = tmp_path / "p.csv"
    parameters.write_text("name,value\nidle_weeks,1\n" if wrong == "parameter" else "name,value\n")
    if wrong == "column":
        file.write_text("event,at\n1,2026-03-02T00:00:00Z\n")
    if wrong == "registry":
        (registry / "leases.csv").unlink()
    if wrong == "missing":
        file.unlink()
    out = tmp_path / "f.jsonl"
    files = ("--registry", str(registry), "--sightings", str(file), "--out", str(out))
    assert main([*files, *ARGUMENTS, "--parameters", str(parameters)]) == 2
    said = capsys.readouterr()
    words = {"column": "缺少列", "parameter": "idle_weeks", "registry": "leases.csv", "missing": "s.csv"}
    assert words[wrong] in said.err
    assert said.out == ""
    assert not out.exists()


def test_a_visit_does_not_act_before_its_day(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    met = ["home,at,officer,outcome,note", "e1-h1,2026-04-20T10:00:00+08:00,o,household_met,"]
    registry, file = write_registry(tmp_path / "r", visits=met), write_sightings(tmp_path / "s.csv", stream())
    found, *_ = judge(tmp_path, registry, file, capsys)
    (row,) = [one for one in map(json.loads, found.splitlines()) if (one["home"], one["kind"]) == ("e1-h1", "vacancy")]
    assert (row["stages"][0]["on"], row["ended_on"]) == ("2026-04-05", "2026-04-20")


def test_sightings_before_the_period_are_its_past(tmp_path: Path) -> None:
    registry, file = write_registry(tmp_path / "r"), write_sightings(tmp_path / "s.csv", stream())
    out = tmp_path / "f.jsonl"
    files = ("--registry", str(registry), "--sightings", str(file), "--out", str(out))
    assert main([*files, "--from", "2026-04-20", "--until", "2026-04-22"]) == 0
    found = {(row["home"], row["kind"]): row for row in map(json.loads, out.read_text("utf-8").splitlines())}
    idle = found["e1-h1", "vacancy"]
    assert idle["stages"] == [{"stage": "watch", "on": "2026-04-20"}]
    assert idle["onset"]["estimate"] == "2026-03-06"
    assert ("e1-h0", "vacancy") not in found
