"""What needs somebody: numbers that stand beside the ways to the pages."""

from collections.abc import Mapping

from api.context import Context
from api.reading.alerts import untouched
from api.reading.devices import gateways
from core.db import Store


def counts_of(context: Context, estate: str) -> Mapping[str, int]:
    """Alerts nobody has touched, the urgent ones among them, and gateways that are not well."""
    with (
        context.reading(Store.HOUSING) as housing,
        context.reading(Store.RECOGNITION) as recognition,
        context.reading(Store.OCCUPANCY) as occupancy,
    ):
        new = untouched(housing, occupancy, estate)
        sick = [g for g in gateways(housing, recognition, estate, context.now()) if g.state != "well"]
    return {"alerts": len(new), "urgent": sum(new.values()), "devices": len(sick)}
