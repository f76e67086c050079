"""Write the registry: each function is one act of a person, in the caller's transaction (nothing here commits).

An act checks its values, writes its rows, numbers what galleries, gateways and home-days must catch up with, and adds
one audit row that holds ids and days but no names.
"""

from housing.registry.writing.consents import (
    ConsentMissing,
    Withdrawn,
    give_consent,
    revoke_template,
    store_template,
    withdraw_consent,
)
from housing.registry.writing.estates import put_door, put_estate, put_gateway, put_home
from housing.registry.writing.facts import add_absence, add_swap, add_visit, put_outage
from housing.registry.writing.parameters import set_parameter
from housing.registry.writing.passes import make_pass, revoke_pass
from housing.registry.writing.people import (
    add_member,
    end_member,
    end_vehicle,
    put_credential,
    put_lease,
    put_person,
    put_vehicle,
    revoke_credential,
)
from housing.registry.writing.transaction import BelongsElsewhere, NothingThere

__all__ = [
    "BelongsElsewhere",
    "ConsentMissing",
    "NothingThere",
    "Withdrawn",
    "add_absence",
    "add_member",
    "add_swap",
    "add_visit",
    "end_member",
    "end_vehicle",
    "give_consent",
    "make_pass",
    "put_credential",
    "put_door",
    "put_estate",
    "put_gateway",
    "put_home",
    "put_lease",
    "put_outage",
    "put_person",
    "put_vehicle",
    "revoke_credential",
    "revoke_pass",
    "revoke_template",
    "set_parameter",
    "store_template",
    "withdraw_consent",
]
