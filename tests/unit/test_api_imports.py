"""Registry files uploaded by an administrator: taken over, refused row by row, or not at all."""

import csv
import io
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from core.clock import ManualClock
from core.db.migrate import migrate
from core.vault import Vault
from simulators.world import draw, write
from tests.api_client import Person, Served, serving, settings_in
from tests.console import add_users
from tests.factories import NOW

TODAY = date(2026, 11, 23)
Files = list[tuple[str, tuple[str, bytes, str]]]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    settings = settings_in(tmp_path / "var")
    migrate(settings)
    with serving(settings, ManualClock(NOW)) as running:
        with running.app.state.context.writing() as connection:
            add_users(connection, NOW)
        yield running


@pytest.fixture
def admin(served: Served) -> Person:
    return served.person("admin", **{"Accept-Language": "zh"})


@pytest.fixture
def registry(tmp_path: Path) -> list[Path]:
    return write(draw(3, TODAY, homes=12, estate="heyuan"), tmp_path / "registry")


def upload(paths: list[Path], **contents: bytes) -> Files:
    return [("files", (p.name, contents.get(p.stem, p.read_bytes()), "text/csv")) for p in paths]


def test_files_make_an_estate_with_its_keys(served: Served, admin: Person, registry: list[Path]) -> None:
    answer = admin.post("/api/v1/imports", files=upload(registry))
    assert answer.status_code == 201, answer.text
    done = answer.json()
    assert (done["refused"], done["applied"]) == (0, True)
    assert done["accepted"] > 40
    assert done["source"] == "homes.csv+9"
    assert [row["estate"] for row in admin.get("/api/v1/estates").json()] == ["heyuan"]
    assert Vault.open(served.app.state.settings).estate("heyuan").version == 1
    again = admin.post("/api/v1/imports", files=upload(registry)).json()
    assert (again["accepted"], again["refused"]) == (done["accepted"], 0)


def test_a_workbook_is_the_same(admin: Person, registry: list[Path]) -> None:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for path in registry:
        sheet = book.create_sheet(path.stem)
        for row in csv.reader(path.read_text("utf-8").splitlines()):
            sheet.append(row)
    content = io.BytesIO()
    book.save(content)
    name = "../../清溪 registry?.xlsx"
    answer = admin.post("/api/v1/imports", files=[("files", (name, content.getvalue(), "application/octet-stream"))])
    assert answer.status_code == 201, answer.text
    assert (answer.json()["refused"], answer.json()["source"]) == (0, "清溪_registry_.xlsx")


def test_every_refused_row_is_shown_with_its_line_and_reason(admin: Person, registry: list[Path]) -> None:
    homes = next(p for p in registry if p.stem == "homes").read_bytes()
    broken = (
        homes + b"heyuan-99-0101,heyuan,heyuan-99,one,0101,35.5,let\nheyuan-99-0102,heyuan,heyuan-99,1,0102,35,sold\n"
    )
    run = admin.post("/imports", files=upload(registry, homes=broken))
    assert run.status_code == 303
    page = admin.get(run.headers["location"]).text
    assert "有2行未导入" in page
    assert "homes.csv" in page
    rows = admin.get(f"/api/v1{run.headers['location']}/refusals").json()["items"]
    assert [(row["file"], row["line"], row["column"]) for row in rows] == [
        ("homes.csv", 14, "floor"), ("homes.csv", 15, "state"),
    ]  # fmt: skip
    assert all(row["reason_zh"] in page for row in rows)


def test_all_or_nothing_takes_nothing_for_one_bad_row(admin: Person, registry: list[Path]) -> None:
    homes = next(p for p in registry if p.stem == "homes").read_bytes()
    run = admin.post("/imports", files=upload(registry, homes=homes + b"bad\n"), data={"strict": "true"})
    page = admin.get(run.headers["location"]).text
    assert "未导入任何数据" in page
    assert admin.get("/api/v1/estates").json() == []
    assert "未导入" in admin.get("/imports").text


@pytest.mark.parametrize(
    "files",
    [
        [("files", ("homes.txt", b"x", "text/plain"))],
        [("files", ("../homes.csv.exe", b"x", "text/plain"))],
        [("files", ("a.xlsx", b"x", "x")), ("files", ("b.xlsx", b"x", "x"))],
        [("other", ("homes.csv", b"x", "text/csv"))],
    ],
)
def test_what_is_no_registry_is_refused_in_words(admin: Person, files: Files) -> None:
    answer = admin.post("/api/v1/imports", files=files)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_request")
    assert "homes.csv" in answer.json()["mend"]


@pytest.mark.parametrize("name", ["homes.csv", "registry.xlsx"])
def test_a_first_import_that_lacks_files_or_is_no_workbook_says_so(admin: Person, name: str) -> None:
    answer = admin.post("/imports", files=[("files", (name, b"nothing of the kind", "text/csv"))])
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


def test_only_the_administrator_of_everything_imports(served: Served, registry: list[Path]) -> None:
    assert served.person("officer").post("/api/v1/imports", files=upload(registry)).status_code == 403


def test_an_unknown_run_is_not_there(admin: Person) -> None:
    assert admin.get("/imports/none").status_code == 404
    assert admin.get("/api/v1/imports/none/refusals").status_code == 404
