"""The rules, each one registered object: what to look for, by what right, in which words."""

from collections.abc import Mapping

from core import texts
from occupancy.rules import extra_resident, overdue, relet, renewal, sublet, swap, vacancy, welfare
from occupancy.rules.base import Rule

RULES: Mapping[str, Rule] = {
    module.RULE.kind: module.RULE
    for module in (welfare, overdue, sublet, swap, extra_resident, vacancy, renewal, relet)
}
WINDOW = max(rule.window for rule in RULES.values())
for _rule in RULES.values():
    texts.register(_rule.texts)
