"""gateway.toml: which gateway this is and which devices hang on it. Every mistake is told at once, with its mend.

    [gateway]
    id = "gw-01"
    estate = "laurel"

    [[device]]
    id = "cam-01"
    kind = "folder"            # link, folder or video
    door = "d-0001"
    direction = "in"           # in, out or unknown
    recognise = ["face"]       # face, finger, plate
    path = "pictures"          # folder: from this file's own folder on
    url = "rtsp://..."         # video: a file or an RTSP address

`docs/devices.md` describes every key. Keys that nobody knows are reported and left alone.
"""

import tomllib
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from core.errors import AnjuError, InvalidValue
from core.facts import Direction, Modality
from core.ids import check_id, check_topic_id
from core.settings import Settings

FILE = "gateway.toml"
V = TypeVar("V")


class Kind(StrEnum):
    """How a device is reached."""

    LINK = "link"
    FOLDER = "folder"
    VIDEO = "video"


class TimeOf(StrEnum):
    """When a picture in a folder was taken."""

    FOUND = "found"  # when it appeared: somebody is at the door now
    FILE = "file"  # the file's own time: pictures collected elsewhere


class WrongConfig(AnjuError):
    """gateway.toml cannot be used; the words list everything that is wrong with it."""

    code = "wrong_gateway_config"


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """One device.

    Attributes:
        path: Folder of pictures (kind folder), absolute.
        url: Video file (absolute) or RTSP address (kind video).
        delete_processed: A picture is deleted once its probe is safe (kind folder).
        time: See TimeOf (kind folder).
        per_second: Frames recognised a second at most (kind video).
        cooldown_s: The same face or plate makes one capture in so many seconds (kind video).
    """

    id: str
    kind: Kind
    door: str
    direction: Direction = Direction.UNKNOWN
    recognise: tuple[Modality, ...] = ()
    path: str = ""
    url: str = ""
    delete_processed: bool = False
    time: TimeOf = TimeOf.FOUND
    per_second: float = 4.0
    cooldown_s: float = 5.0


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """A gateway. `notes` are remarks about keys that were left alone: (Chinese, English)."""

    gateway: str
    estate: str
    devices: tuple[Device, ...]
    notes: tuple[tuple[str, str], ...] = ()

    @property
    def doors(self) -> tuple[str, ...]:
        """The doors of this gateway, each once, in the file's order."""
        return tuple(dict.fromkeys(device.door for device in self.devices))

    def of_kind(self, kind: Kind) -> dict[str, Device]:
        """The devices of a kind by id."""
        return {device.id: device for device in self.devices if device.kind is kind}


def gateway_dir(settings: Settings, gateway: str) -> Path:
    """Where a gateway keeps everything that is its own."""
    return settings.var_dir / "gateways" / check_topic_id(gateway, "gateway")


def load_config(folder: Path, gateway: str) -> Config:
    """The configuration in `folder`; raises WrongConfig where it is missing, wrong or another gateway's."""
    path = folder / FILE
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise WrongConfig(
            f"无法读取网关配置文件 {path}：{error}。",
            f"The gateway's file {path} cannot be read: {error}.",
            mend_zh="请按 docs/devices.md 写好该文件（UTF-8）。",
            mend_en="Write it as docs/devices.md says (UTF-8).",
        ) from error
    config = parse_config(text, folder)
    if config.gateway != gateway:
        raise _wrong(
            [(f"[gateway] id 是“{config.gateway}”，而启动的是“{gateway}”",
              f"[gateway] id is {config.gateway!r}, but {gateway!r} was started")]
        )  # fmt: skip
    return config


def parse_config(text: str, folder: Path) -> Config:
    """The configuration in `text`; relative paths start at `folder`. Raises WrongConfig listing every mistake."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _wrong([(f"不是有效的 TOML：{error}", f"not valid TOML: {error}")]) from error
    reader = _Reader()
    head = reader.table(raw, "gateway", "")
    gateway = reader.take(head, "id", "[gateway] ", lambda value: check_topic_id(_text(value), "gateway"))
    estate = reader.take(head, "estate", "[gateway] ", lambda value: check_topic_id(_text(value), "estate"))
    reader.leftover(head, "[gateway] ")
    rows = raw.pop("device", [])
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        reader.wrong("至少需要一个 [[device]]", "at least one [[device]] is needed")
        rows = []
    devices = [_device(reader, row, number, folder) for number, row in enumerate(rows, 1)]
    found = [device for device in devices if device is not None]
    for twice in sorted({d.id for d in found if sum(d.id == other.id for other in found) > 1}):
        reader.wrong(f"设备编号“{twice}”出现多次", f"device id {twice!r} is given more than once")
    reader.leftover(raw, "")
    if reader.problems or gateway is None or estate is None:
        raise _wrong(reader.problems)
    return Config(gateway=gateway, estate=estate, devices=tuple(found), notes=tuple(reader.notes))


def _device(reader: "_Reader", row: dict[str, Any], number: int, folder: Path) -> Device | None:
    row = dict(row)
    where = f"[[device]] {number} "
    wrong_before = len(reader.problems)
    name = reader.take(row, "id", where, lambda value: check_id(_text(value), "device"))
    kind = reader.take(row, "kind", where, lambda value: _choice(value, Kind))
    door = reader.take(row, "door", where, lambda value: check_topic_id(_text(value), "door"))
    values: dict[str, Any] = {
        "direction": reader.take(row, "direction", where, lambda v: _choice(v, Direction), Direction.UNKNOWN),
        "recognise": reader.take(row, "recognise", where, _recognise, ()),
    }
    if kind is Kind.FOLDER:
        values["path"] = reader.take(row, "path", where, lambda value: str((folder / _text(value)).resolve()))
        values["delete_processed"] = reader.take(row, "delete_processed", where, _flag, default=False)
        values["time"] = reader.take(row, "time", where, lambda value: _choice(value, TimeOf), TimeOf.FOUND)
    if kind is Kind.VIDEO:
        values["url"] = reader.take(row, "url", where, lambda value: _video(value, folder))
        values["per_second"] = reader.take(row, "per_second", where, lambda v: _number(v, 0.1, 30.0), 4.0)
        values["cooldown_s"] = reader.take(row, "cooldown_s", where, lambda v: _number(v, 0.5, 600.0), 5.0)
    if kind in (Kind.FOLDER, Kind.VIDEO) and values["recognise"] == ():
        reader.wrong(
            f'{where}缺少 recognise（例如 recognise = ["face"]）', f'{where}needs recognise, as in recognise = ["face"]'
        )
    if kind is Kind.VIDEO and Modality.FINGER in (values["recognise"] or ()):
        reader.wrong(f"{where}视频中不能识别指纹", f"{where}no finger is read from a video")
    reader.leftover(row, where)
    if len(reader.problems) > wrong_before or name is None or kind is None or door is None:
        return None
    return Device(id=name, kind=kind, door=door, **values)


class _Reader:
    """Collects what is wrong (`problems`) and what was left alone (`notes`) while tables are read."""

    def __init__(self) -> None:
        self.problems: list[tuple[str, str]] = []
        self.notes: list[tuple[str, str]] = []

    def wrong(self, zh: str, en: str) -> None:
        self.problems.append((zh, en))

    def table(self, raw: dict[str, Any], key: str, where: str) -> dict[str, Any]:
        value = raw.pop(key, None)
        if isinstance(value, dict):
            return dict(value)
        self.wrong(f"{where}缺少 [{key}]", f"{where}[{key}] is missing")
        return {}

    def take(
        self, row: dict[str, Any], key: str, where: str, check: Callable[[Any], V], default: V | None = None
    ) -> V | None:
        """The checked value of a key, taken out of its table; None, and a problem, where it is wrong or missing."""
        if key not in row:
            if default is None:
                self.wrong(f"{where}缺少 {key}", f"{where}needs {key}")
            return default
        try:
            return check(row.pop(key))
        except InvalidValue as error:
            self.wrong(f"{where}{key}：{error.zh}", f"{where}{key}: {error.en}")
            return None

    def leftover(self, row: Mapping[str, Any], where: str) -> None:
        for key in row:
            self.notes.append((f"{where}不认识的键“{key}”，未使用", f"{where}unknown key {key!r} was not used"))


def _wrong(problems: list[tuple[str, str]]) -> WrongConfig:
    return WrongConfig(
        f"网关配置文件 {FILE} 有误：{'；'.join(zh for zh, _ in problems)}。",
        f"The gateway's file {FILE} is wrong: {'; '.join(en for _, en in problems)}.",
        mend_zh="请按 docs/devices.md 修改后重新启动网关。",
        mend_en="Correct it as docs/devices.md says and start the gateway again.",
    )


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise InvalidValue("应为非空文字", "must be a text, not empty")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise InvalidValue("应为 true 或 false", "must be true or false")
    return value


def _number(value: Any, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise InvalidValue(f"应为 {low} 到 {high} 之间的数", f"must be a number from {low} to {high}")
    return float(value)


E = TypeVar("E", bound=StrEnum)


def _choice(value: Any, kind: type[E]) -> E:
    if not isinstance(value, str) or value not in set(kind):
        options = ", ".join(kind)
        raise InvalidValue(f"“{value}”无效，可选：{options}", f"{value!r} is none of: {options}")
    return kind(value)


def _recognise(value: Any) -> tuple[Modality, ...]:
    known = (Modality.FACE, Modality.FINGER, Modality.PLATE)
    if not isinstance(value, list) or not all(item in known for item in value):
        raise InvalidValue(
            '应为由 "face"、"finger"、"plate" 组成的列表', 'must be a list of "face", "finger" and "plate"'
        )
    return tuple(dict.fromkeys(Modality(item) for item in value))


def _video(value: Any, folder: Path) -> str:
    url = _text(value)
    return url if "://" in url else str((folder / url).resolve())
