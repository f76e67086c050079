"""gateway.toml: read whole, refused in words, unknown keys told."""

from pathlib import Path

import pytest

from core.facts import Direction, Modality
from core.settings import Settings
from gateway.config import Kind, TimeOf, WrongConfig, gateway_dir, load_config, parse_config

GOOD = """
[gateway]
id = "gw-01"
estate = "laurel"

[[device]]
id = "读卡器 1"
kind = "link"
door = "d-1"
direction = "in"

[[device]]
id = "cam-1"
kind = "folder"
door = "d-1"
path = "pictures"
recognise = ["face", "plate"]
time = "file"
delete_processed = true

[[device]]
id = "cam-2"
kind = "video"
door = "d-2"
direction = "out"
url = "rtsp://camera/1"
recognise = ["face"]
per_second = 2
"""
HERE = Path("/srv/gw")


def test_a_good_file() -> None:
    config = parse_config(GOOD, HERE)
    assert (config.gateway, config.estate, config.doors, config.notes) == ("gw-01", "laurel", ("d-1", "d-2"), ())
    reader, folder, video = config.devices
    assert (reader.id, reader.kind, reader.direction, reader.recognise) == ("读卡器 1", Kind.LINK, Direction.IN, ())
    assert folder.path == "/srv/gw/pictures"
    assert folder.recognise == (Modality.FACE, Modality.PLATE)
    assert (folder.time, folder.delete_processed, folder.direction) == (TimeOf.FILE, True, Direction.UNKNOWN)
    assert (video.url, video.per_second, video.cooldown_s) == ("rtsp://camera/1", 2.0, 5.0)
    assert set(config.of_kind(Kind.VIDEO)) == {"cam-2"}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (('id = "gw-01"', 'id = "gw/01"'), "[gateway] id"),
        (('estate = "laurel"', ""), "[gateway] needs estate"),
        (("[gateway]", "[gate]"), "[gateway] is missing"),
        (('kind = "link"', 'kind = "zigbee"'), "[[device]] 1 kind: 'zigbee' is none of: link, folder, video"),
        (('kind = "link"', "kind = []"), "[[device]] 1 kind: [] is none of"),
        (('door = "d-1"\ndirection', 'door = "d 1"\ndirection'), "[[device]] 1 door"),
        (('direction = "in"', 'direction = "inward"'), "none of: in, out, unknown"),
        (('recognise = ["face", "plate"]', 'recognise = "face"'), 'a list of "face", "finger" and "plate"'),
        (('recognise = ["face", "plate"]', 'recognise = ["iris"]'), 'a list of "face", "finger" and "plate"'),
        (('recognise = ["face", "plate"]', ""), "needs recognise"),
        (('recognise = ["face"]', 'recognise = ["finger"]'), "[[device]] 3 no finger is read from a video"),
        (('path = "pictures"', ""), "[[device]] 2 needs path"),
        (('url = "rtsp://camera/1"', 'url = ""'), "[[device]] 3 url: must be a text"),
        (("per_second = 2", "per_second = 200"), "a number from 0.1 to 30.0"),
        (("per_second = 2", "per_second = true"), "a number from 0.1 to 30.0"),
        (("delete_processed = true", 'delete_processed = "yes"'), "must be true or false"),
        (('id = "cam-2"', 'id = "cam-1"'), "'cam-1' is given more than once"),
        (('id = "cam-2"', 'id = " cam"'), "[[device]] 3 id"),
        (("[[device]]", "[device"), "not valid TOML"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_mend(change: tuple[str, str], told: str) -> None:
    assert change[0] in GOOD
    with pytest.raises(WrongConfig) as caught:
        parse_config(GOOD.replace(*change), HERE)
    assert told in caught.value.text("en")
    assert "docs/devices.md" in caught.value.text("en")
    assert "docs/devices.md" in caught.value.text("zh")


def test_every_mistake_is_told_at_once() -> None:
    wrong = GOOD.replace('kind = "link"', 'kind = "x"').replace("per_second = 2", "per_second = 0").replace("gw-01", "")
    with pytest.raises(WrongConfig) as caught:
        parse_config(wrong, HERE)
    assert all(part in caught.value.text("en") for part in ("[gateway] id", "[[device]] 1 kind", "[[device]] 3 per_"))


def test_no_device_at_all() -> None:
    with pytest.raises(WrongConfig, match=r"at least one \[\[device\]\]"):
        parse_config('[gateway]\nid = "g"\nestate = "e"\ndevice = 1', HERE)


def test_unknown_keys_are_told_and_left_alone() -> None:
    text = GOOD.replace('door = "d-2"', 'door = "d-2"\ncolour = "red"') + "\n[network]\nmtu = 1400\n"
    config = parse_config(text, HERE)
    assert [en for _, en in config.notes] == [
        "[[device]] 3 unknown key 'colour' was not used",
        "unknown key 'network' was not used",
    ]


def test_the_file_must_be_this_gateways(tmp_path: Path) -> None:
    with pytest.raises(WrongConfig, match="cannot be read"):
        load_config(tmp_path, "gw-01")
    (tmp_path / "gateway.toml").write_text(GOOD, encoding="utf-8")
    assert load_config(tmp_path, "gw-01").gateway == "gw-01"
    with pytest.raises(WrongConfig, match="'gw-02' was started"):
        load_config(tmp_path, "gw-02")
    (tmp_path / "gateway.toml").write_bytes(GOOD.encode("gb18030"))
    with pytest.raises(WrongConfig, match="cannot be read"):
        load_config(tmp_path, "gw-01")


def test_where_a_gateway_lives(tmp_path: Path) -> None:
    assert gateway_dir(Settings(var_dir=tmp_path), "gw-01") == tmp_path / "gateways" / "gw-01"
