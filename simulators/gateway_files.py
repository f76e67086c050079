"""gateway.toml for every gateway of a simulated estate: one device a reader, on the device link."""

from pathlib import Path

from gateway.config import FILE
from simulators.readers import Readers, lay_readers
from simulators.tables import World


def write_gateway_files(world: World, var: Path, *, recognise: bool) -> list[Path]:
    """Write `<var>/gateways/<id>/gateway.toml` for every gateway; returns the files.

    Args:
        world: The estate.
        var: The installation's directory.
        recognise: Whether readers may hand over pictures (barriers: plates, the others: faces); without, a gateway
            loads no recogniser.
    """
    readers = lay_readers(world)
    written = []
    for place, name in enumerate(world.gateways.tolist()):
        path = var / "gateways" / name / FILE
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_text(world, readers, place, recognise), encoding="utf-8")
        written.append(path)
    return written


def _text(world: World, readers: Readers, place: int, recognise: bool) -> str:
    head = f'[gateway]\nid = "{world.gateways[place]}"\nestate = "{world.estate}"\n'
    rows = [row for row, gateway in enumerate(readers.gateway.tolist()) if gateway == place]
    return head + "".join(_device(world, readers, row, recognise) for row in rows)


def _device(world: World, readers: Readers, row: int, recognise: bool) -> str:
    door = int(readers.door[row])
    lines = [
        f'id = "{readers.id[row]}"',
        'kind = "link"',
        f'door = "{world.doors.id[door]}"',
        f'direction = "{"in" if readers.inward[row] else "out"}"',
    ]
    if recognise:
        lines.append(f'recognise = ["{"plate" if world.doors.kind[door] == "garage" else "face"}"]')
    return "\n[[device]]\n" + "\n".join(lines) + "\n"
