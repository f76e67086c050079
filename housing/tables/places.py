"""Where: estates, homes, doors and the gateways that serve them."""

from sqlalchemy import Boolean, Column, Float, ForeignKey, Integer, String, Table, text

from housing.tables.base import Id, extra, metadata

estates = Table(
    "estates",
    metadata,
    Column("estate", Id, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("city", Id, nullable=False, server_default="default"),
)
homes = Table(
    "homes",
    metadata,
    Column("home", Id, primary_key=True),
    Column("estate", Id, ForeignKey("estates.estate"), nullable=False, index=True),
    Column("building", Id, nullable=False),
    Column("floor", Integer, nullable=False),
    Column("unit", Id, nullable=False),
    Column("area_m2", Float, nullable=False),
    Column("state", String(16), nullable=False),  # let, vacant, repair, reserved
    extra(),
)
doors = Table(
    "doors",
    metadata,
    Column("door", Id, primary_key=True),
    Column("estate", Id, ForeignKey("estates.estate"), nullable=False, index=True),
    Column("kind", String(16), nullable=False),  # gate, building, lift, home, garage
    Column("building", Id),
    Column("home", Id, ForeignKey("homes.home"), index=True),  # for a home's own door
    Column("counts_tailgating", Boolean, nullable=False),
    Column("ways", String(64), nullable=False, server_default=text("''")),  # ways in, separated by spaces; empty: all
    extra(),
)
gateways = Table(
    "gateways",
    metadata,
    Column("gateway", Id, primary_key=True),
    Column("estate", Id, ForeignKey("estates.estate"), nullable=False, index=True),
    extra(),
)
gateway_doors = Table(
    "gateway_doors",
    metadata,
    Column("gateway", Id, ForeignKey("gateways.gateway"), primary_key=True),
    Column("door", Id, ForeignKey("doors.door"), primary_key=True),
)
