"""The housing store: registry, consents and templates, parameters, staff accounts and decisions, the audit chain.

Days are calendar days at the estate; `until` is exclusive, NULL for "until further notice". Times are microseconds UTC
(`_us`). Columns that an import did not know are kept as JSON in `extra`.
"""

from housing.tables.base import metadata
from housing.tables.consents import changes, consents, templates
from housing.tables.places import doors, estates, gateway_doors, gateways, homes
from housing.tables.registry import (
    absences,
    arrears,
    credentials,
    leases,
    members,
    meters,
    outages,
    pass_doors,
    passes,
    people,
    swaps,
    vehicles,
    visits,
)
from housing.tables.staff import (
    alert_actions,
    audit,
    import_refusals,
    imports,
    parameters,
    sessions,
    user_estates,
    users,
)

__all__ = [
    "absences",
    "alert_actions",
    "arrears",
    "audit",
    "changes",
    "consents",
    "credentials",
    "doors",
    "estates",
    "gateway_doors",
    "gateways",
    "homes",
    "import_refusals",
    "imports",
    "leases",
    "members",
    "metadata",
    "meters",
    "outages",
    "parameters",
    "pass_doors",
    "passes",
    "people",
    "sessions",
    "swaps",
    "templates",
    "user_estates",
    "users",
    "vehicles",
    "visits",
]
