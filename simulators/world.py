"""A seeded estate, and the registry files (contracts.md) it is written as: the same seed gives the same bytes."""

from dataclasses import replace
from datetime import date

from core.ids import check_topic_id
from simulators import belongings, buildings, households
from simulators.registry_files import write
from simulators.tables import World

DEFAULT_ESTATE = "qingxi"
DEFAULT_HOMES = 500

__all__ = ["DEFAULT_ESTATE", "DEFAULT_HOMES", "World", "draw", "on_day", "write"]


def draw(seed: int, today: date, *, homes: int = DEFAULT_HOMES, estate: str = DEFAULT_ESTATE) -> World:
    """The estate of `seed` as it stands on `today`.

    Args:
        seed: Any non-negative number.
        today: The day leases, absences and passes are laid around.
        homes: How many homes, 1 or more; a building holds 108.
        estate: Its id, at most 24 characters that may stand in a topic; it starts every other id.
    """
    check_topic_id(estate, "estate")
    if homes < 1 or len(estate) > 24:
        raise ValueError("an estate has at least one home and an id of at most 24 characters")
    stones = buildings.draw_homes(seed, estate, homes)
    doors, doorways, gateways = buildings.lay_doors(estate, stones)
    people = households.draw_people(seed, estate, stones, today)
    return World(
        seed=seed,
        estate=estate,
        today=today,
        homes=stones,
        doors=doors,
        doorways=doorways,
        gateways=gateways,
        people=people,
        leases=belongings.draw_leases(seed, estate, stones, people, today),
        vehicles=belongings.draw_vehicles(seed, people, today),
        credentials=belongings.draw_credentials(seed, estate, people, today),
        passes=belongings.draw_passes(seed, estate, stones, today),
        absences=belongings.draw_absences(seed, stones, people, today),
        consents=belongings.draw_consents(seed, people, today),
    )


def on_day(world: World, day: date) -> World:
    """The same estate with the visitors' passes of another day."""
    return replace(world, passes=belongings.draw_passes(world.seed, world.estate, world.homes, day))
