"""The law of public rental housing as pure functions: grounds and routes, clocks, money, deadlines. No clock, no store.

`grounds` which breach takes which way; `clocks` 718 and 734; `terms` idle months and rent owed; `money` market rent and
the highest fine; `relocation` exits by Art. 31; `deadlines` hearing, limit, ban, renewal, letting again; `periods` the
numbers behind them. Days are dates at the estate (`core.clock.local_day`). docs/law.md is read off this package.
"""

from core import texts
from housing.law import clocks, relocation
from housing.law.grounds import GROUNDS, ROUTES

texts.register({f"law.ground.{ground}": (details.zh, details.en) for ground, details in GROUNDS.items()})
texts.register({f"law.route.{route}": (details.zh, details.en) for route, details in ROUTES.items()})
texts.register(clocks.TEXTS)
texts.register(relocation.TEXTS)
