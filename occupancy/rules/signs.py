"""Signs that somebody lives in a home, other than an entry of its household (O2: staying in is not being away).

Someone who hardly leaves the home makes no entries, but others come to them, they are seen on the way out, and water
runs. One such sign says little (a plumber, a neighbour who looks after the plants); signs in most weeks say that
somebody is there.
"""

import numpy as np

from occupancy.arrays import Bools, Indices, Int32s
from occupancy.homedays import HomeDays

WEEKS = 13  # looked back on
ELECTRICITY_KWH, WATER_M3 = 2.0, 0.02  # a day's use that an empty home with its fridge left on does not reach
_OTHERS = ("passes", "rung_in", "unknown_entries", "mismatches", "other_vehicles")


def exits(days: HomeDays, rows: Indices) -> Bools:
    """(k, W) bool: somebody of the household was seen going out."""
    return np.asarray(days.exits[rows] > 0)


def others(days: HomeDays, rows: Indices) -> Bools:
    """(k, W) bool: somebody came who is not of the household, couriers and carers too."""
    came: Bools = np.any([getattr(days, name)[rows] > 0 for name in _OTHERS], axis=0)
    return came


def vehicles(days: HomeDays, rows: Indices) -> Bools:
    """(k, W) bool: a vehicle of the household came in."""
    return np.asarray(days.vehicle_entries[rows] > days.other_vehicles[rows])


def metered(days: HomeDays, rows: Indices) -> Bools:
    """(k, W) bool: a meter was read."""
    return ~(np.isnan(days.electricity_kwh[rows]) & np.isnan(days.water_m3[rows]))


def used(days: HomeDays, rows: Indices) -> Bools:
    """(k, W) bool: more was used than an empty home does; a day that was not read is not used.

    Water, where it was read, decides alone: no tap opens itself, but a boiler left on draws power for months.
    """
    water, power = days.water_m3[rows], days.electricity_kwh[rows]
    return np.where(np.isnan(water), power >= ELECTRICITY_KWH, water >= WATER_M3)


def living(days: HomeDays, rows: Indices) -> Bools:
    """(k, W) bool: any sign of life but a member's entry."""
    found: Bools = exits(days, rows) | others(days, rows) | vehicles(days, rows) | used(days, rows)
    return found


def weeks(flags: Bools, counted: Bools) -> tuple[Int32s, Int32s]:
    """How many of the last WEEKS weeks hold a sign, and how many of them can be spoken of.

    Args:
        flags, counted: (k, W) bool, days with a sign, and days that count at all; W may be shorter than the weeks.

    Returns:
        (k,) int32 weeks with a sign on a day that counts; (k,) int32 weeks with a day that counts.
    """
    size = 7 * WEEKS
    tables = []
    for table in (flags & counted, counted):
        padded = np.zeros((len(table), size), np.bool_)
        last = table[:, -size:]
        padded[:, size - last.shape[1] :] = last
        tables.append(padded.reshape(len(table), WEEKS, 7).any(axis=2).sum(axis=1).astype(np.int32))
    return tables[0], tables[1]
