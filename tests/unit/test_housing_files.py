"""Reading files as offices and attackers make them: encodings, quotes, sizes, workbooks."""

import csv
import io
import zipfile
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from housing.registry.importing import csv_files, sheets, workbooks
from housing.registry.importing.csv_files import read_csv
from housing.registry.importing.parsing import parse
from housing.registry.importing.schema import BY_NAME
from housing.registry.importing.sheets import Sheet, SourceRefused
from housing.registry.importing.sources import read_source
from housing.registry.importing.workbooks import read_workbook

HEADER = "home,estate,building,floor,unit,area_m2,state\n"
ROW = "h{0},e1,b1,1,10{0},48.5,let\n"


def write(folder: Path, content: str | bytes, name: str = "homes.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def sheet_of(folder: Path, content: str | bytes) -> Sheet:
    return read_csv(write(folder, content))


def test_a_plain_file_with_mark_crlf_and_empty_lines(tmp_path: Path) -> None:
    text = "\ufeff" + (HEADER + ROW.format(1) + "\n,,,,,,\n" + ROW.format(2)).replace("\n", "\r\n")
    sheet = sheet_of(tmp_path, text)
    assert sheet.header[0] == "home"
    assert [(row.line, row.values[0]) for row in sheet.rows] == [(2, "h1"), (5, "h2")]
    assert not sheet.refusals
    assert not sheet.notices


def test_gbk_is_read_and_told(tmp_path: Path) -> None:
    sheet = sheet_of(tmp_path, (HEADER + ROW.format(1).replace("b1", "三号楼")).encode("gbk"))
    assert sheet.rows[0].values[2] == "三号楼"
    assert "GBK" in sheet.notices[0].zh
    assert "GBK" in sheet.notices[0].en


@pytest.mark.parametrize(
    "content",
    [b"", b"\n\n", (HEADER + ROW).encode("utf-16"), HEADER.encode() + b"\xff\xff\xff,\x81", b"a," * 101 + b"a\n"],
    ids=["empty", "blank", "utf-16", "neither", "too wide"],
)
def test_files_that_cannot_be_read_are_refused_in_words(tmp_path: Path, content: bytes) -> None:
    sheet = sheet_of(tmp_path, content)
    assert not sheet.rows
    (refusal,) = sheet.refusals
    assert refusal.file == "homes.csv"
    assert refusal.zh
    assert refusal.en


def test_a_file_over_its_size_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_files, "MAX_FILE_BYTES", 10)
    assert sheet_of(tmp_path, HEADER).refusals[0].line == 1


def test_rows_over_their_number_are_refused_from_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_files, "MAX_ROWS", 2)
    sheet = sheet_of(tmp_path, HEADER + "".join(ROW.format(n) for n in range(5)))
    assert len(sheet.rows) == 2
    assert [refusal.line for refusal in sheet.refusals] == [4]


def test_an_unclosed_quote_costs_one_line_only(tmp_path: Path) -> None:
    rows = [ROW.format(n) for n in range(200)]
    rows[99] = 'h99,e1,"b1,1,1099,48.5,let\n'
    sheet = sheet_of(tmp_path, HEADER + "".join(rows))
    assert [refusal.line for refusal in sheet.refusals] == [101]
    assert [row.values[0] for row in sheet.rows] == [f"h{n}" for n in range(200) if n != 99]
    assert [row.line for row in sheet.rows] == [n + 2 for n in range(200) if n != 99]


def test_an_unclosed_quote_in_the_last_line_is_refused(tmp_path: Path) -> None:
    sheet = sheet_of(tmp_path, HEADER + ROW.format(1) + 'h2,"e1')
    assert [refusal.line for refusal in sheet.refusals] == [3]
    assert len(sheet.rows) == 1


def test_a_huge_cell_is_refused_alone(tmp_path: Path) -> None:
    sheet = sheet_of(tmp_path, HEADER + "x" * 200_000 + ",e1,b1,1,101,48.5,let\n" + ROW.format(2))
    assert [refusal.line for refusal in sheet.refusals] == [2]
    assert len(sheet.rows) == 1


def test_a_quoted_note_may_have_lines(tmp_path: Path) -> None:
    text = 'home,at,officer,outcome,note\nh1,2026-03-01T08:00:00+08:00,王芳,nobody,"first\nsecond"\nh2,x,y,z,n\n'
    sheet = read_csv(write(tmp_path, text, "visits.csv"))
    assert [(row.line, row.values[4]) for row in sheet.rows] == [(2, "first\nsecond"), (4, "n")]


@given(
    st.lists(
        st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=8), min_size=2,
                 max_size=2),
        min_size=1, max_size=6,
    )
)  # fmt: skip
def test_whatever_csv_wrote_is_read_back(rows: list[list[str]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([["home", "at"], *rows])
    sheet = Sheet("visits", "visits.csv")
    csv_files._split(text.getvalue(), sheet)
    assert [row.values for row in sheet.rows] == [row for row in rows if any(value.strip() for value in row)]
    assert not sheet.refusals


def parsed(tmp_path: Path, content: str, name: str = "homes") -> tuple[list[int], list[tuple[int, str]], list[str]]:
    """Lines accepted, (line, column) refused, notices in English."""
    result = parse(read_csv(write(tmp_path, content, f"{name}.csv")), BY_NAME[name])
    for refusal in result.refusals:
        assert refusal.zh
        assert refusal.en
    refused = [(refusal.line, refusal.column) for refusal in result.refusals]
    return [line.line for line in result.lines], refused, [notice.en for notice in result.notices]


def test_each_bad_row_is_refused_with_its_line_and_column(tmp_path: Path) -> None:
    bad = {
        "floor": "h2,e1,b1,first,102,48.5,let\n",
        "state": "h3,e1,b1,1,103,48.5,sold\n",
        "area_m2": "h4,e1,b1,1,104,0,let\n",
        "home": ",e1,b1,1,105,48.5,let\n",
        "estate": "h6,e 1,b1,1,106,48.5,let\n",
        "building": "h7,e1,b\x001,1,107,48.5,let\n",
        "unit": "h8,e1,b1,1,10\x1b8,48.5,let\n",
        "": "h9,e1,b1,1,109,48.5\n",
    }
    accepted, refused, _ = parsed(tmp_path, HEADER + ROW.format(1) + "".join(bad.values()))
    assert accepted == [2]
    assert refused == [(line, column) for line, column in enumerate(bad, 3)]


def test_the_second_of_two_equal_keys_is_refused(tmp_path: Path) -> None:
    accepted, refused, _ = parsed(tmp_path, HEADER + ROW.format(1) * 2 + ROW.format(2))
    assert (accepted, refused) == ([2, 4], [(3, "home")])


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("home,estate,building,floor,unit,state\n", "area_m2"),
        ("home,estate,building,floor,unit,area_m2,state,home\n", "home"),
        ("home;estate;building;floor;unit;area_m2;state\n", "home"),
    ],
)
def test_a_header_that_does_not_do_refuses_the_file_once(tmp_path: Path, header: str, column: str) -> None:
    accepted, refused, _ = parsed(tmp_path, header + ROW.format(1) * 3)
    assert (accepted, refused) == ([], [(1, column)])


def test_unknown_columns_are_kept_and_told(tmp_path: Path) -> None:
    text = HEADER.replace(",state", ",state,Heating,note") + ROW.format(1).replace("let", "let,gas,=1+1")
    path = write(tmp_path, text)
    result = parse(read_csv(path), BY_NAME["homes"])
    assert result.lines[0].row["extra"] == '{"heating": "gas", "note": "=1+1"}'
    assert "heating, note" in result.notices[0].en


@pytest.mark.parametrize(
    ("name", "row", "column"),
    [
        ("doors", "door,estate,kind,building,home,counts_tailgating\nd,e1,building,,,0\n", "building"),
        ("doors", "door,estate,kind,building,home,counts_tailgating\nd,e1,home,,,0\n", "home"),
        ("doors", "door,estate,kind,building,home,counts_tailgating\nd,e1,gate,,h1,0\n", "home"),
        ("doors", "door,estate,kind,building,home,counts_tailgating,ways\nd,e1,gate,,,0,face\n", "ways"),
        ("people", "person,name,born,home,relation,from,until,lives_alone\np,n,,h,tenant,2026-01-02,2026-01-02,0\n",
         "until"),
        ("people", "person,name,born,home,relation,from,until,lives_alone\np,n,,,tenant,2026-01-02,,0\n", "home"),
        ("people", "person,name,born,home,relation,from,until,lives_alone\np,n,,h,staff,2026-01-02,,0\n", "home"),
        ("leases", "lease,home,tenant,start,end,rent_month\nl,h,p,2026-02-01,2026-01-31,600\n", "end"),
        ("leases", "lease,home,tenant,start,end,rent_month,ended\nl,h,p,2026-02-01,2026-12-31,6,2026-01-01\n", "ended"),
        ("passes", "pass,home,kind,holder,from,until,doors\nx,h,visitor,n,2026-01-02,2026-01-01,g\n", "until"),
        ("passes", "pass,home,kind,holder,from,until,doors\nx,h,visitor,n,2026-01-01,2026-01-02,\n", "doors"),
        ("consents", "person,purpose,modality,given,withdrawn,text_version\np,door,face,2026-01-02,2026-01-01,1\n",
         "withdrawn"),
        ("swaps", "home_a,home_b,from,approved\nh1,h1,2026-01-01,1\n", "home_b"),
        ("outages", "door,from,until\n,2026-01-01,2026-01-02\n", "door"),
        ("outages", "door,from,until\ng,2026-01-02,2026-01-01\n", "until"),
    ],
)  # fmt: skip
def test_rows_that_contradict_themselves(tmp_path: Path, name: str, row: str, column: str) -> None:
    assert parsed(tmp_path, row, name)[:2] == ([], [(2, column)])


CONSENTS = "person,purpose,modality,given,withdrawn,text_version\n"


def test_a_consent_to_care_may_name_no_modality_and_no_other_may(tmp_path: Path) -> None:
    given = "2026-01-02T08:00:00+08:00,,1\n"
    rows = [f"p,{purpose},,{given}" for purpose in ("care", "door", "occupancy")]
    path = write(tmp_path, CONSENTS + "".join([*rows, f"p,care,face,{given}", rows[0]]), "consents.csv")
    result = parse(read_csv(path), BY_NAME["consents"])
    assert [(line.line, line.row["modality"]) for line in result.lines] == [(2, ""), (5, "face")]
    assert [(refusal.line, refusal.column) for refusal in result.refusals] == [
        (3, "modality"), (4, "modality"), (6, "person"),
    ]  # fmt: skip
    assert "care" in result.refusals[0].zh
    assert "care" in result.refusals[0].en


def book(folder: Path, rows: list[list[object]], title: str = "homes") -> Path:
    workbook = openpyxl.Workbook()
    page = workbook.active
    assert page is not None
    page.title = title
    for row in rows:
        page.append(row)
    path = folder / "registry.xlsx"
    workbook.save(path)
    return path


def test_a_workbook_is_read_as_its_text(tmp_path: Path) -> None:
    header: list[object] = [*HEADER.strip().split(",")]
    values: list[object] = ["h1", "e1", "b1", 1, "0101", 48.5, "let"]
    other: list[object] = ["h2", "e1", True, 2.0, datetime(2026, 3, 1), date(2026, 3, 2), "=1+1"]  # noqa: DTZ001
    (sheet,) = read_workbook(book(tmp_path, [header, values, [None] * 7, other, ["h3", datetime(2026, 3, 1, 8)]]))  # noqa: DTZ001
    assert sheet.name == "homes"
    assert list(sheet.header) == header
    assert [(row.line, row.values) for row in sheet.rows] == [
        (2, ["h1", "e1", "b1", "1", "0101", "48.5", "let"]),
        (4, ["h2", "e1", "1", "2", "2026-03-01", "2026-03-02", "=1+1"]),
        (5, ["h3", "2026-03-01T08:00:00", "", "", "", "", ""]),
    ]


def test_a_cell_beyond_the_header_refuses_its_row_alone(tmp_path: Path) -> None:
    rows: list[list[object]] = [["lease", "month", "amount"], ["l1", "2026-01", 3], ["l2", "2026-01", 3, "?"]]
    (sheet,) = read_workbook(book(tmp_path, rows, "arrears"))
    result = parse(sheet, BY_NAME["arrears"])
    assert [line.line for line in result.lines] == [2]
    assert [refusal.line for refusal in result.refusals] == [3]


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {chr(97 + n)} "{f"&{chr(96 + n)};" * 10}">' for n in range(1, 9))
    + "]>"
)


SHARED = "xl/sharedStrings.xml"
SPREADSHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
SHARED_TYPE = (
    '<Override PartName="/xl/sharedStrings.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>'
)


def parts_of(path: Path) -> dict[str, str]:
    """The parts of a workbook, one of its texts moved to the shared strings, as spreadsheet programs write them."""
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name).decode() for name in old.namelist()}
    parts[SHARED] = f'<sst xmlns="{SPREADSHEET}" count="1" uniqueCount="1"><si><t>lease</t></si></sst>'
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace("</Types>", SHARED_TYPE)
    inline = 't="inlineStr"><is><t>lease</t></is>'
    assert inline in parts["xl/worksheets/sheet1.xml"]
    parts["xl/worksheets/sheet1.xml"] = parts["xl/worksheets/sheet1.xml"].replace(inline, 't="s"><v>0</v>')
    return parts


def packed(path: Path, parts: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w") as new:
        for name, content in parts.items():
            new.writestr(name, content)
    return path


def test_shared_strings_are_read(tmp_path: Path) -> None:
    path = book(tmp_path, [["lease", "month", "amount"], ["l1", "2026-01", 3]], "arrears")
    (sheet,) = read_workbook(packed(path, parts_of(path)))
    assert sheet.header == ["lease", "month", "amount"]


@pytest.mark.parametrize("external", [False, True])
@pytest.mark.parametrize("part", [SHARED, "xl/worksheets/sheet1.xml", "xl/workbook.xml", "[Content_Types].xml"])
def test_entities_in_a_workbook_are_not_followed(tmp_path: Path, part: str, external: bool) -> None:
    """Entities that unfold a billionfold, or reach for a file of this machine."""
    path = book(tmp_path, [["lease", "month", "amount"], ["l1", "2026-01", 3]], "arrears")
    parts = parts_of(path)
    bomb = '<!DOCTYPE b [<!ENTITY i SYSTEM "file:///etc/passwd">]>' if external else BOMB
    start = parts[part].index("?>") + 2 if parts[part].startswith("<?xml") else 0
    parts[part] = bomb + parts[part][start:].replace("lease", "&i;").replace("l1", "&i;")
    with pytest.raises(SourceRefused):
        read_workbook(packed(path, parts))


def test_a_workbook_too_large_when_unpacked_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = book(tmp_path, [["x" * 1000] for _ in range(50)])
    monkeypatch.setattr(workbooks, "MAX_UNPACKED_BYTES", 1000)
    with pytest.raises(SourceRefused, match="too large"):
        read_workbook(path)


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 broken", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old"])
def test_what_is_no_workbook_is_refused_in_words(tmp_path: Path, content: bytes) -> None:
    path = write(tmp_path, content, "registry.xlsx")
    with pytest.raises(SourceRefused) as caught:
        read_source(path, lambda *_: None)
    assert caught.value.zh
    assert caught.value.mend_zh


@given(place=st.integers(0, 5000), value=st.integers(0, 255))
def test_a_damaged_workbook_is_read_or_refused_never_a_crash(
    tmp_path_factory: pytest.TempPathFactory, place: int, value: int
) -> None:
    folder = tmp_path_factory.getbasetemp()
    path = book(folder, [["lease", "month", "amount"], ["l1", "2026-01", 3]], "arrears")
    content = bytearray(path.read_bytes())
    content[place % len(content)] = value
    path.write_bytes(bytes(content))
    try:
        found = read_workbook(path)
    except SourceRefused:
        return
    assert all(isinstance(text, str) for sheet in found for row in sheet.rows for text in row.values)


def test_rows_of_a_workbook_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "MAX_ROWS", 2)
    (sheet,) = read_workbook(book(tmp_path, [["a"], ["1"], ["2"], ["3"], ["4"]]))
    assert [row.line for row in sheet.rows] == [2, 3]
    assert [refusal.line for refusal in sheet.refusals] == [4]


def test_sources_that_are_none(tmp_path: Path) -> None:
    for source in (tmp_path / "nowhere", write(tmp_path, "x", "registry.xls")):
        with pytest.raises(SourceRefused):
            read_source(source, lambda *_: None)


def test_strange_files_are_told_and_sightings_left_alone(tmp_path: Path) -> None:
    for name in ("homes.csv", "templates.csv", "sightings.csv", "readme.txt"):
        write(tmp_path, HEADER + ROW.format(1), name)
    found, notices = read_source(tmp_path, lambda *_: None)
    assert [sheet.name for sheet in found] == ["homes"]
    assert len(notices) == 1
    assert "templates" in notices[0].en
    assert "sightings" not in notices[0].en


def test_limits_are_those_of_the_docstring() -> None:
    assert sheets.MAX_CELL == 32_767
    assert sheets.MAX_ROWS >= 100_000
