"""Where an import comes from: a folder of CSV files, or one .xlsx with the same sheets."""

from pathlib import Path

from core.texts import Text
from housing.registry.importing.csv_files import read_csv
from housing.registry.importing.schema import BY_NAME
from housing.registry.importing.sheets import Progress, Sheet, SourceRefused
from housing.registry.importing.workbooks import read_workbook

_OTHERS = frozenset({"sightings"})  # the back-test's own file may lie beside the registry


def _refused(zh: str, en: str) -> SourceRefused:
    return SourceRefused(
        zh,
        en,
        mend_zh="请给出含有CSV文件的文件夹，或一个 .xlsx 文件。",
        mend_en="Name a folder of CSV files or one .xlsx file.",
    )


def read_source(source: Path, progress: Progress) -> tuple[list[Sheet], list[Text]]:
    """The registry's sheets in `source` and notices about what else lies there; raises SourceRefused."""
    try:
        if source.is_dir():
            return _read_folder(source, progress)
        if source.suffix.lower() == ".xlsx" and source.is_file():
            return _sort_out(read_workbook(source), source.name)
    except OSError as error:
        raise _refused(
            f"无法读取“{source}”：{error.strerror}。", f"{source} cannot be read: {error.strerror}."
        ) from error
    if not source.exists():
        raise _refused(f"“{source}”不存在。", f"{source} does not exist.")
    raise _refused(f"“{source}”不是文件夹，也不是 .xlsx 文件。", f"{source} is neither a folder nor an .xlsx file.")


def _read_folder(folder: Path, progress: Progress) -> tuple[list[Sheet], list[Text]]:
    files = {path.stem.lower(): path for path in sorted(folder.iterdir()) if path.suffix.lower() == ".csv"}
    wanted = [name for name in BY_NAME if name in files]
    sheets = []
    for done, name in enumerate(wanted):
        progress("read", done, len(wanted))
        sheets.append(read_csv(files[name]))
    strange = sorted(set(files) - set(BY_NAME) - _OTHERS)
    return sheets, _unknown(strange, folder.name)


def _sort_out(sheets: list[Sheet], name: str) -> tuple[list[Sheet], list[Text]]:
    known = [sheet for sheet in sheets if sheet.name in BY_NAME and (sheet.header or sheet.refusals)]
    strange = [sheet.name for sheet in sheets if sheet.name not in BY_NAME and sheet.header]
    return known, _unknown([name for name in strange if name not in _OTHERS], name)


def _unknown(names: list[str], where: str) -> list[Text]:
    if not names:
        return []
    listed = ", ".join(names)
    return [Text(f"{where}：未识别的文件或工作表，未读取：{listed}。", f"{where}: unknown, not read: {listed}.")]
