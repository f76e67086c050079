"""The numbers of the detection rules, as parameters of a city like those of the law (`housing.parameters`).

None of them is in any statute: each says so, and each may be set by a city from a day on. Idle months and early days
are the law's own and live in `housing.parameters`.
"""

from housing.parameters import MAX_VALUE, Parameter

_PRACTICE = "管理惯例，无法定数值（house practice, no figure in law）"


def _whole(text: str) -> int:
    value = int(text) if text.isascii() and text.isdigit() else -1
    if not 0 <= value <= MAX_VALUE:
        raise ValueError(text)
    return value


def _number(name: str, default: int, zh: str, en: str) -> Parameter[int]:
    return Parameter(name=name, default=default, parse=_whole, zh=zh, en=en, citation=_PRACTICE)


UNSEEN_DAY_PERCENT = _number(
    "unseen_day_percent", 50,
    "全部读头失灵超过一天的此百分比，该日视为未知", "A day counts as unknown when no reader worked for this % of it",
)  # fmt: skip
MISSED_READS_PERCENT = _number(
    "missed_reads_percent", 20, "按此漏读率估计起始日区间", "Missed reads (%) allowed for in the onset's interval"
)
OVERDUE_FIRM_DAYS = _number(
    "overdue_firm_days", 3, "期满后至少此天数有人进出方可列为待核实", "Days with signs after the term before to verify"
)
SUBLET_RECENT_DAYS = _number("sublet_recent_days", 28, "判断转租的近期天数", "Recent days a sublet is judged on")
SUBLET_KNOWN_DAYS = _number(
    "sublet_known_days", 14, "近期可用天数少于此数不作判断", "Fewer usable recent days than this: no judgement"
)
SUBLET_HOUSEHOLD_PERCENT = _number(
    "sublet_household_percent", 20,
    "家庭成员出现天数降到平日的此百分比以下视为消退", "The household fades under this % of its own usual days",
)  # fmt: skip
SUBLET_THINNED_PERCENT = _number(
    "sublet_thinned_percent", 50, "降到平日的此百分比以下列为关注", "Thinned under this % of its usual days: watch"
)
SUBLET_OTHERS_PERCENT = _number(
    "sublet_others_percent", 50,
    "他人在晚间归家的天数达到此百分比视为常住", "Others coming home on this % of evenings keep a resident's rhythm",
)  # fmt: skip
SUBLET_KIND_DAYS = _number(
    "sublet_kind_days", 5, "一类证据至少出现此天数才算一类", "Days with a kind of evidence before it counts as one"
)
WELFARE_AGE = _number("welfare_age", 65, "独居关爱提醒的年龄", "Age from which somebody alone is looked after")
WELFARE_SILENT_DAYS = _number(
    "welfare_silent_days", 3, "独居老人此天数无动静即提醒", "Silent days of an elderly person alone before an alert"
)
ALL = (
    UNSEEN_DAY_PERCENT, MISSED_READS_PERCENT, OVERDUE_FIRM_DAYS, SUBLET_RECENT_DAYS, SUBLET_KNOWN_DAYS,
    SUBLET_HOUSEHOLD_PERCENT, SUBLET_THINNED_PERCENT, SUBLET_OTHERS_PERCENT, SUBLET_KIND_DAYS, WELFARE_AGE,
    WELFARE_SILENT_DAYS,
)  # fmt: skip
