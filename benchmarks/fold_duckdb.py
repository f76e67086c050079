"""The same home-days in SQL, by DuckDB: the peer of `benchmarks.fold`.

Made in SQL: everything that is counted from sightings but `other_nights`, `swap_home` and `swap_entries`, which need
each visitor's last passage and each stranger's own home. The registry here is what the stream has: everybody lives in
one home throughout, no swaps. Repeated events are not looked for; the stream has none. Both leave DuckDB less to do.
"""

from collections.abc import Mapping

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

COLUMNS = (
    "entries", "exits", "elsewhere", "members_seen", "bodies_seen", "members_in_at_night", "passes", "guests",
    "unknown_entries", "mismatches", "vehicle_entries", "other_vehicles", "other_hours", "last_member_us",
)  # fmt: skip
SHIFT_US = 8 * 3_600_000_000

PLACED = f"""
CREATE TEMP VIEW placed AS
SELECT s.*, d.home AS door_home, m.home AS lives, p.home AS host, p.kind AS pass_kind, v.home AS parked,
       driver.home AS driver_home, other.home AS seen_home,
       CASE WHEN d.home IS NOT NULL THEN d.home
            WHEN s.home IS NOT NULL AND (m.home IS NULL OR m.home = s.home) THEN s.home
            WHEN m.home IS NOT NULL THEN m.home
            WHEN p.home IS NOT NULL THEN p.home ELSE v.home END AS at_home,
       epoch_us(s.at) AS us, (epoch_us(s.at) + {SHIFT_US}) // 86400000000 AS day,
       (epoch_us(s.at) + {SHIFT_US}) // 3600000000 % 24 AS hour,
       s.direction <> 'out' AS inward, s.outcome = 'granted' AS passed
FROM sightings s
LEFT JOIN doors d ON d.door = s.door
LEFT JOIN people m ON m.person = s.person AND s.modality <> 'plate'
LEFT JOIN passes p ON p.pass = s.pass
LEFT JOIN vehicles v ON v.plate = s.plate
LEFT JOIN people driver ON driver.person = v.person
LEFT JOIN people other ON other.person = s.seen
"""  # noqa: S608 - numbers of our own
JUDGED = """
CREATE TEMP VIEW judged AS
SELECT *, coalesce(lives = at_home, false) AND passed AND outcome <> 'mismatch' AS member,
       coalesce(door_home = at_home, false) AS own_door, coalesce(seen_home = at_home, false) AS seen_here,
       coalesce(driver_home = at_home, false) AS driver_here,
       modality = 'plate' AND plate IS NOT NULL AND passed AS drives
FROM placed WHERE at_home IS NOT NULL
"""
MEMBERS = """
SELECT at_home, day, sum(ins) AS entries, sum(outs) AS exits, sum(away) AS elsewhere, count(*) AS members_seen,
       sum(body::INT) AS bodies_seen, sum(last_in::INT) AS members_in_at_night, max(last_us) AS last_member_us
FROM (SELECT at_home, day, person, count(*) FILTER (inward) AS ins, count(*) FILTER (NOT inward) AS outs,
             count(*) FILTER (NOT own_door) AS away, bool_or(modality IN ('face', 'finger')) AS body,
             arg_max(inward, us * 2 + inward::INT) AS last_in, max(us) FILTER (inward) AS last_us
      FROM judged WHERE member GROUP BY at_home, day, person)
GROUP BY at_home, day
"""
OTHERS = """
SELECT at_home, day, count(*) FILTER (guest) AS passes, count(*) FILTER (visitor) AS guests,
       count(*) FILTER (stranger) AS unknown_entries, count(*) FILTER (mismatch) AS mismatches,
       count(*) FILTER (drives) AS vehicle_entries, count(*) FILTER (abroad) AS other_vehicles,
       bit_or(1 << hour::INT) FILTER (visitor OR stranger OR mismatch OR abroad) AS other_hours
FROM (SELECT *, pass IS NOT NULL AND passed AS guest, pass IS NOT NULL AND passed AND pass_kind = 'visitor' AS visitor,
             own_door AND outcome IN ('unrecognised', 'ambiguous') AND modality <> 'plate' AS stranger,
             outcome = 'mismatch' AND NOT seen_here AS mismatch, drives AND NOT driver_here AS abroad
      FROM judged WHERE inward AND NOT member)
GROUP BY at_home, day
"""
BOTH = f"""
SELECT at_home, day, {", ".join(COLUMNS)}
FROM ({MEMBERS}) FULL JOIN ({OTHERS}) USING (at_home, day)
"""  # noqa: S608 - words of our own


def home_days(
    registry: Mapping[str, pa.Table], sightings: pa.Table, homes: list[str], first_day: int, days: int
) -> dict[str, NDArray[np.int64]]:
    """The columns, (H, D) int64 each, by one thread; days without a sighting are 0, `last_member_us` -1."""
    with duckdb.connect() as conn:
        conn.execute("SET threads = 1")
        conn.register("sightings", sightings)
        for name in ("doors", "people", "passes", "vehicles"):
            conn.register(f"{name}_file", registry[name])
            columns = ", ".join(f"nullif({column}, '') AS {column}" for column in _wanted(name))
            conn.execute(f"CREATE TEMP TABLE {name} AS SELECT {columns} FROM {name}_file")  # noqa: S608 - our own words
        conn.execute(PLACED)
        conn.execute(JUDGED)
        found = conn.execute(BOTH).fetchnumpy()
    place = {home: row for row, home in enumerate(homes)}
    cells = np.array([place[home] for home in found["at_home"]]), np.asarray(found["day"], np.int64) - first_day
    tables = {}
    for name in COLUMNS:
        nothing = -1 if name == "last_member_us" else 0
        tables[name] = np.full((len(homes), days), nothing, np.int64)
        tables[name][cells] = np.ma.filled(np.ma.asarray(found[name]).astype(np.int64), nothing)
    return tables


def _wanted(name: str) -> tuple[str, ...]:
    return {
        "doors": ("door", "home"), "people": ("person", "home"), "passes": ('"pass"', "home", "kind"),
        "vehicles": ("plate", "person", "home"),
    }[name]  # fmt: skip
