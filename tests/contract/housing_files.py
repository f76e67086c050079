"""Registry files of a small estate that use every file and column, and what of the store they fill."""

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from housing import tables as t

FILES = {
    "homes": """home,estate,building,floor,unit,area_m2,state
h1,e1,b1,1,101,48.5,let
h2,e1,b1,2,201,60,let
h3,e1,b2,-1,001,35.25,vacant
""",
    "doors": """door,estate,kind,building,home,counts_tailgating
gate,e1,gate,,,1
b1-door,e1,building,b1,,0
h1-door,e1,home,b1,h1,0
h2-door,e1,home,b1,h2,0
""",
    "gateways": """gateway,estate,doors
gw1,e1,gate;b1-door
gw2,e1,h1-door h2-door
""",
    "people": """person,name,born,home,relation,from,until,lives_alone
p1,李明,1980-05-01,h1,tenant,2024-06-01,,0
p2,小明,2015-05-01,h1,child,2024-06-01,,0
p3,张伟,1950-01-01,h2,tenant,2025-01-01,,1
s1,王芳,,,staff,2024-01-01,,0
""",
    "leases": """lease,home,tenant,start,end,rent_month,ended,end_reason,relocation_until,\
renewal_applied,objection_718_served,objection_734_served
l1,h1,p1,2024-06-01,2026-05-31,600.5,,,,2026-02-01,,
l2,h2,p3,2025-01-01,2031-01-01,480,2026-10-01,搬离,,,,
""",
    "vehicles": "plate,person,home,from,until\n桂C·12345,p1,h1,2024-06-01,\n",
    "credentials": "credential,person,kind,from,until\nc1,p1,card,2024-06-01,\nc2,s1,card,2024-01-01,2027-01-01\n",
    "passes": """pass,home,kind,holder,from,until,doors
v1,h1,visitor,=cmd|' /C calc'!A0,2026-11-01T08:00:00+08:00,2026-12-01T08:00:00+08:00,gate;b1-door;h1-door
""",
    "absences": """home,person,from,until,kind,approved
h1,,2026-02-01,2026-03-01,travel,1
h2,p3,2026-04-01,,hospital,0
""",
    "consents": """person,purpose,modality,given,withdrawn,text_version,guardian
p1,door,face,2024-06-01T10:00:00+08:00,,2024-1,
p2,door,face,2024-06-01T10:00:00+08:00,,2024-1,李明
p3,occupancy,face,2025-01-01T10:00:00+08:00,2025-06-01T10:00:00+08:00,2024-1,
""",
    "visits": 'home,at,officer,outcome,note\nh2,2026-05-01T15:30:00+08:00,王芳,nobody,"no answer\ntwice"\n',
    "swaps": "home_a,home_b,from,approved\nh1,h2,2026-06-01,1\n",
    "outages": """door,from,until
gate,2026-07-01T00:00:00+08:00,2026-07-01T06:00:00+08:00
gw2,2026-07-02T00:00:00+08:00,
""",
    "arrears": "lease,month,amount\nl2,2026-03,480\nl2,2026-04,12.5\n",
    "meters": "home,date,electricity_kwh,water_m3\nh1,2026-03-01,3.25,0.5\nh2,2026-03-01,0,\n",
}  # fmt: skip
TABLES = (
    t.homes, t.doors, t.gateways, t.gateway_doors, t.people, t.members, t.leases, t.vehicles, t.credentials, t.passes,
    t.pass_doors, t.absences, t.consents, t.visits, t.swaps, t.outages, t.arrears, t.meters,
)  # fmt: skip


def write(folder: Path, **changed: str | None) -> Path:
    """The files with some of them replaced, or (None) left out."""
    folder.mkdir(exist_ok=True)
    for name, text in {**FILES, **changed}.items():
        if text is None:
            (folder / f"{name}.csv").unlink(missing_ok=True)
        else:
            (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def contents(conn: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the registry but for the numbers that the database counts up."""
    return {
        table.name: sorted(map(tuple, conn.execute(sa.select(*(c for c in table.c if c.name != "id")))), key=repr)
        for table in TABLES
    }
