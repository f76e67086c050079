"""The stores: at the shape of this release or not; and the gateways, by what they last said of themselves."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from anju.checks.row import Row, fine, missing, wrong
from core.clock import from_us
from core.db import Store, open_store, store_path
from core.db.migrate import newest
from core.facts import DeviceHealth
from core.log import gateway_status
from core.settings import Settings

SILENT_AFTER = timedelta(minutes=5)  # a gateway speaks every few seconds
T = TypeVar("T")


def stores(settings: Settings) -> list[Row]:
    """Every store against the newest migration of this release."""
    return [store(settings, name) for name in Store]


def store(settings: Settings, name: Store) -> Row:
    """One store; a file that is not there is not made."""
    title, wanted = f"store {name}", newest(name)
    mend = ("请运行anju migrate。", "Run anju migrate.")
    if not _made(settings, name):
        return missing(title, "not made yet", *mend)
    try:
        found = _ask(settings, name, lambda link: link.scalar(sa.text("SELECT version_num FROM alembic_version")))
    except sa.exc.SQLAlchemyError as error:
        return wrong(title, _first_line(error), *mend)
    if found == wanted:
        return fine(title, str(found))
    return wrong(title, f"{found}, this release needs {wanted}", *mend)


def gateways(settings: Settings, now: datetime) -> list[Row]:
    """Every gateway that was ever heard of, and each of its devices that does not work."""
    if not _made(settings, Store.RECOGNITION):
        return []
    g = gateway_status.c
    query = sa.select(g.gateway, g.seen_us, g.waiting, g.quarantined, g.devices).order_by(g.gateway)
    try:
        known = _ask(settings, Store.RECOGNITION, lambda link: link.execute(query).all())
    except sa.exc.SQLAlchemyError as error:
        return [wrong("gateways", _first_line(error), "请运行anju migrate。", "Run anju migrate.")]
    rows: list[Row] = []
    for gateway, seen_us, waiting, quarantined, devices in known:
        rows.append(_gateway(gateway, now - from_us(seen_us), waiting, quarantined))
        rows += _broken_devices(gateway, devices)
    return rows


def _gateway(gateway: str, silent: timedelta, waiting: int, quarantined: int) -> Row:
    title = f"gateway {gateway}"
    detail = f"heard {silent.total_seconds():.0f} s ago, {waiting} waiting, {quarantined} quarantined"
    if silent > SILENT_AFTER:
        return wrong(title, detail, "请检查该网关的电源和网络。", "Check that gateway's power and network.")
    if quarantined:
        zh, en = "请在网关上查看被隔离的事件及其原因。", "Look at the quarantined events on the gateway, and why."
        return wrong(title, detail, zh, en)
    return fine(title, detail)


def _broken_devices(gateway: str, devices: str) -> list[Row]:
    try:
        known = msgspec.json.decode(devices, type=dict[str, DeviceHealth])
    except msgspec.DecodeError as error:
        zh, en = "请将网关与服务器升级到同一版本。", "Bring gateway and server to the same release."
        return [wrong(f"devices of {gateway}", str(error), zh, en)]
    return [
        wrong(
            f"device {device}",
            f"{gateway}, door {health.door}, last seen {health.last_seen or 'never'}",
            "请检查该设备的电源、网络和配置。",
            "Check that device's power, network and configuration.",
        )
        for device, health in known.items()
        if not health.working
    ]


def _made(settings: Settings, name: Store) -> bool:
    return bool(settings.database_url) or store_path(settings, name).exists()


def _ask(settings: Settings, name: Store, question: Callable[[Connection], T]) -> T:
    engine = open_store(settings, name, read_only=True)
    try:
        with engine.connect() as connection:
            return question(connection)
    finally:
        engine.dispose()


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
