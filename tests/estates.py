"""A small estate written straight into the housing store, for tests that need a registry but not its import.

Two buildings' worth of nothing special: a gate, a building door, the own door of home `h1`; tenants with a card, face
templates drawn like SFace's, one plate, one pass.
"""

import secrets
from collections.abc import Mapping
from datetime import UTC, date, datetime

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.engine import Connection, Engine

from core.clock import day_start_us, to_us
from core.db import Store, open_store
from core.settings import Settings
from core.vault import EstateKey
from housing import tables as t
from recognition.loading import template_place
from simulators import embeddings

ESTATE, GATEWAY = "e1", "gw1"
GATE, BUILDING_DOOR, HOME_DOOR = "gate", "b1-door", "h1-door"
SINCE = date(2026, 1, 1)
GIVEN_US = to_us(datetime(2026, 1, 1, tzinfo=UTC))
PLATE, PLATE_OWNER = "桂C12345", "p0"
PASS, CARD = "pass-1", "card-1"  # the card is p1's


def write_estate(connection: Connection, people: int = 4) -> None:
    """The registry rows; people p0, p1 … live in home h1, which is theirs since the year began."""
    rows: Mapping[sa.Table, list[dict[str, object]]] = {
        t.estates: [{"estate": ESTATE, "name": "安居苑"}],
        t.homes: [{"home": "h1", "estate": ESTATE, "building": "b1", "floor": 1, "unit": "101", "area_m2": 60.0,
                   "state": "let"}],
        t.doors: [
            {"door": GATE, "estate": ESTATE, "kind": "gate", "building": None, "home": None,
             "counts_tailgating": False},
            {"door": BUILDING_DOOR, "estate": ESTATE, "kind": "building", "building": "b1", "home": None,
             "counts_tailgating": False},
            {"door": HOME_DOOR, "estate": ESTATE, "kind": "home", "building": "b1", "home": "h1",
             "counts_tailgating": False},
        ],
        t.gateways: [{"gateway": GATEWAY, "estate": ESTATE}],
        t.gateway_doors: [{"gateway": GATEWAY, "door": door} for door in (GATE, BUILDING_DOOR, HOME_DOOR)],
        t.people: [{"person": f"p{n}", "name": f"住户{n}", "born": date(1980, 1, 1)} for n in range(people)],
        t.members: [
            {"person": f"p{n}", "home": "h1", "estate": ESTATE, "relation": "tenant" if n == 0 else "co-resident",
             "from_day": SINCE, "until_day": None, "lives_alone": False}
            for n in range(people)
        ],
        t.vehicles: [{"plate": PLATE, "person": PLATE_OWNER, "home": "h1", "from_day": SINCE, "until_day": None}],
        t.credentials: [{"credential": CARD, "person": "p1", "kind": "card", "from_day": SINCE, "until_day": None}],
        t.passes: [{"pass": PASS, "home": "h1", "kind": "visitor", "holder": "访客", "from_us": day_start_us(SINCE),
                    "until_us": day_start_us(date(2027, 1, 1)), "revoked_us": None}],
        t.pass_doors: [{"pass": PASS, "door": door} for door in (GATE, BUILDING_DOOR)],
    }  # fmt: skip
    for table, values in rows.items():
        connection.execute(table.insert(), values)
    note_change(connection, "rights")


def note_change(connection: Connection, kind: str, subject: str = "*") -> None:
    """Number a change of the registry."""
    connection.execute(t.changes.insert().values(estate=ESTATE, kind=kind, subject=subject, at_us=GIVEN_US))


def enrol_faces(connection: Connection, key: EstateKey, people: int = 4, seed: int = 7) -> NDArray[np.float32]:
    """Two templates a person with consent; returns the centres (people, 128) to draw probes from."""
    centres = embeddings.draw_centres(seed, people)
    pictures = embeddings.enrolment_pictures(seed, centres)
    for number, pair in enumerate(pictures):
        person = f"p{number}"
        consent = connection.execute(
            t.consents.insert().values(
                person=person, purpose="door", modality="face", given_us=GIVEN_US, text_version="1"
            )
        ).inserted_primary_key
        assert consent is not None
        for vector in key.rotate(pair):
            add_template(connection, key, person, vector, int(consent[0]))
    note_change(connection, "gallery")
    return centres


def add_template(
    connection: Connection, key: EstateKey, person: str, rotated: NDArray[np.float32], consent: int
) -> str:
    """One sealed template."""
    template = secrets.token_hex(16)
    sealed = key.seal(rotated.astype("<f4").tobytes(), template_place(ESTATE, person, template))
    connection.execute(
        t.templates.insert().values(
            template=template, estate=ESTATE, person=person, modality="face", model=embeddings.MODEL, consent=consent,
            key_version=key.version, quality=0.9, sealed=sealed, created_us=GIVEN_US,
        )
    )  # fmt: skip
    return template


def housing_engine(settings: Settings) -> Engine:
    """The housing store, to write."""
    return open_store(settings, Store.HOUSING)


def register_vehicle(connection: Connection, plate: str, person: str) -> None:
    """One more car."""
    connection.execute(t.vehicles.insert().values(plate=plate, person=person, home="h1", from_day=SINCE))
    note_change(connection, "rights")
