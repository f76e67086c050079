"""The rules, each one registered object: what to look for, by what right, in which words."""

from collections.abc import Mapping

from core import texts
from occupancy.rules import overdue, sublet, vacancy, welfare
from occupancy.rules.base import Rule

RULES: Mapping[str, Rule] = {rule.kind: rule for rule in (welfare.RULE, overdue.RULE, sublet.RULE, vacancy.RULE)}
WINDOW = max(rule.window for rule in RULES.values())
for _rule in RULES.values():
    texts.register(_rule.texts)
