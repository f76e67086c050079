"""The numbers of detection. None of them is in any statute: each says so, and each may be set by a city from a day on.

They decide what staff are asked to look at, never what is a breach. What a change does, from its day on:

- The rules of an evening judge by the numbers of that day, so findings rise, fall or end with the next sweep; what was
  said of earlier days stays as it was said.
- `unseen_day_percent` is asked on the day of the sweep, for all the days that sweep looks at.
- `fdr_percent` decides which accusations are raised above watch: lower holds more of them back. What is raised already
  stays so until its own doubt has doubled. No probability changes by it.
- `alert_budget_week` decides how many of their alerts open in a week; the others wait, shown on the board. Neither of
  the two touches welfare, nor what a calendar decides.
- `*_min_days`, `*_days` and `sublet_probability_percent` are thresholds: higher raises fewer and later findings, lower
  raises more and earlier ones.

Idle months and early days are the law's own and live in `housing.parameters.law`.
"""

from housing.parameters.base import PRACTICE, Parameter, days, number, percent


def _number(name: str, default: int, zh: str, en: str) -> Parameter[int]:
    return number(name, default, zh, en, PRACTICE)


def _days(name: str, default: int, zh: str, en: str) -> Parameter[int]:
    return days(name, default, zh, en, PRACTICE)


def _percent(name: str, default: int, zh: str, en: str) -> Parameter[int]:
    return percent(name, default, zh, en, PRACTICE)


UNSEEN_DAY_PERCENT = _percent(
    "unseen_day_percent", 50,
    "全部读头失灵超过一天的此百分比，该日视为未知", "A day counts as unknown when no reader worked for this % of it",
)  # fmt: skip
MISSED_READS_PERCENT = _percent(
    "missed_reads_percent", 20, "按此漏读率估计起始日区间", "Missed reads (%) allowed for in the onset's interval"
)
OVERDUE_FIRM_DAYS = _days(
    "overdue_firm_days", 3, "期满后至少此天数有人进出方可列为待核实", "Days with signs after the term before to verify"
)
SUBLET_KNOWN_DAYS = _days(
    "sublet_known_days", 14, "近期可用天数少于此数不作判断", "Fewer usable recent days than this: no judgement"
)
SUBLET_HOUSEHOLD_PERCENT = _percent(
    "sublet_household_percent", 12,
    "家庭成员出现天数降到平日的此百分比以下视为消退", "The household fades under this % of its own usual days",
)  # fmt: skip
SUBLET_THINNED_PERCENT = _percent(
    "sublet_thinned_percent", 50, "降到平日的此百分比以下列为关注", "Thinned under this % of its usual days: watch"
)
SUBLET_OTHERS_PERCENT = _percent(
    "sublet_others_percent", 40,
    "他人归家留宿的天数达到此百分比视为常住", "Others who come to stay on this % of days keep a resident's rhythm",
)  # fmt: skip
SUBLET_KIND_DAYS = _days(
    "sublet_kind_days", 5, "一类证据至少出现此天数才算一类", "Days with a kind of evidence before it counts as one"
)
WELFARE_AGE = _number("welfare_age", 65, "独居关爱提醒的年龄", "Age from which somebody alone is looked after")
WELFARE_SILENT_DAYS = _days(
    "welfare_silent_days", 3, "独居老人此天数无动静即提醒", "Silent days of an elderly person alone before an alert"
)
SUBLET_PROBABILITY_PERCENT = _percent(
    "sublet_probability_percent",
    95,
    "转租概率达到此百分比方可列为疑似",
    "Probability (%) from which a sublet is suspected",
)
SUBLET_MIN_DAYS = _days(
    "sublet_min_days", 14,
    "自起始日起至少有此可用天数方可列为疑似转租", "Usable days since the onset before a sublet is suspected",
)  # fmt: skip
EXTRA_RESIDENT_DAYS = _days(
    "extra_resident_days", 28,
    "未登记人员持续居住此天数后请其登记", "Days of a resident's rhythm before somebody is asked to be registered",
)  # fmt: skip
SWAP_MIN_DAYS = _days(
    "swap_min_days",
    14,
    "两户互换居住至少此天数方可列为疑似",
    "Days two households live as swapped before it is suspected",
)
FDR_PERCENT = _percent(
    "fdr_percent", 5,
    "同一小区所报线索中预期不属实的比例（%）", "Expected share (%) of false findings among those an estate raises",
)  # fmt: skip
ALERT_BUDGET_WEEK = _number(
    "alert_budget_week", 20,
    "每个小区每周交给工作人员的提醒数（关爱提醒不计）",
    "Alerts an estate's staff are given a week, welfare not counted",
)  # fmt: skip
ALL: tuple[Parameter[int], ...] = (
    UNSEEN_DAY_PERCENT, MISSED_READS_PERCENT, OVERDUE_FIRM_DAYS, SUBLET_KNOWN_DAYS,
    SUBLET_HOUSEHOLD_PERCENT, SUBLET_THINNED_PERCENT, SUBLET_OTHERS_PERCENT, SUBLET_KIND_DAYS, WELFARE_AGE,
    WELFARE_SILENT_DAYS, SUBLET_PROBABILITY_PERCENT, SUBLET_MIN_DAYS, EXTRA_RESIDENT_DAYS, SWAP_MIN_DAYS, FDR_PERCENT,
    ALERT_BUDGET_WEEK,
)  # fmt: skip
