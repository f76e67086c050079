"""The numbers of the law and of its deadlines, each with the article it comes from.

A change counts from its day on. A clock that is already running keeps the numbers of the day it started (ADR 0014),
and an idle term that was reached stays reached (L2).
"""

from typing import Any

from housing.parameters.base import PRACTICE, Parameter, day_list, days, months, number, percent, years

_ORDER_11 = "《公共租赁住房管理办法》（住房和城乡建设部令第11号）"
_CIVIL_CODE = "《民法典》"
_PENALTY_LAW = "《行政处罚法》"

IDLE_MONTHS = months(
    "idle_months",
    6,
    "连续闲置达到此月数为违规",
    "Idle for so many consecutive months is a breach",
    f"{_ORDER_11}第二十七条",
)
IDLE_EARLY_DAYS = day_list(
    "idle_early_days",
    (30, 90),
    "闲置满此天数时请人上门查看",
    "Days idle at which a visit is asked for",
    PRACTICE,
)
UNKNOWN_DAYS_PERCENT = percent(
    "unknown_days_percent",
    10,
    "未知天数超过此百分比时最多列为关注",
    "More unknown days (%) cap the stage at watch",
    PRACTICE,
)
ARREARS_MONTHS = months(
    "arrears_months",
    6,
    "累计拖欠租金月数",
    "Months of rent owed, cumulative",
    f"{_ORDER_11}第二十九条",
)
RENEWAL_NOTICE_MONTHS = months(
    "renewal_notice_months",
    3,
    "续租应提前此月数申请",
    "Renewal is applied for so many months ahead",
    f"{_ORDER_11}第三十条",
)
RENEWAL_REMINDER_DAYS = days(
    "renewal_reminder_days",
    30,
    "在续租申请截止日前此天数提醒",
    "Reminder so many days before the last day to apply",
    PRACTICE,
)
LEASE_MAX_YEARS = years(
    "lease_max_years",
    5,
    "租赁期限一般不超过年数",
    "Lease terms beyond so many years are warned of",
    f"{_ORDER_11}第十八条",
)
WAITING_MAX_YEARS = years(
    "waiting_max_years",
    5,
    "轮候期一般不超过年数",
    "Waiting beyond so many years is warned of",
    f"{_ORDER_11}第十条",
)
FINE_MAX_FEN = number(
    "fine_max_fen",
    100_000,
    "无违法所得时罚款上限（分）",
    "Highest fine without illegal income (fen)",
    f"{_ORDER_11}第三十六条",
)
FINE_INCOME_TIMES = number(
    "fine_income_times",
    3,
    "有违法所得时罚款倍数上限",
    "Highest fine as a multiple of illegal income",
    f"{_ORDER_11}第三十六条",
)
FINE_INCOME_MAX_FEN = number(
    "fine_income_max_fen",
    3_000_000,
    "有违法所得时罚款上限（分）",
    "Highest fine with illegal income (fen)",
    f"{_ORDER_11}第三十六条",
)
BAN_YEARS = years(
    "ban_years",
    5,
    "自退回之日起不得再次申请年数",
    "Years without a new application, from the day of return",
    f"{_ORDER_11}第三十六条",
)
CLOCK_718_REMINDER_DAYS = day_list(
    "clock_718_reminder_days",
    (30, 90, 150),
    "得知转租后提醒天数",
    "Reminders after a sublet became known",
    PRACTICE,
)
CLOCK_718_RED_DAYS = days(
    "clock_718_red_days",
    180,
    "得知转租后未送达异议即告急天数，早于法定期限",
    "Red without a served objection after so many days, ahead of the law's own last day",
    PRACTICE,
)
CLOCK_718_MONTHS = months(
    "clock_718_months",
    6,
    "得知转租后提出异议的法定月数，期满视为同意",
    "Months to object to a sublet that is known; then silence is consent",
    f"{_CIVIL_CODE}第七百一十八条",
)
CLOCK_734_DAYS = days(
    "clock_734_days",
    1,
    "期满后仍有使用迹象时，于此天数起草异议",
    "Where the home is still used, an objection is drafted so many days after expiry",
    f"{_CIVIL_CODE}第七百三十四条；天数为{PRACTICE}",
)
HEARING_REQUEST_WORKING_DAYS = days(
    "hearing_request_working_days",
    5,
    "可要求听证的工作日数",
    "Working days within which a hearing may be asked for",
    f"{_PENALTY_LAW}第六十四条、第八十五条",
)
HEARING_NOTICE_WORKING_DAYS = days(
    "hearing_notice_working_days",
    7,
    "听证通知应提前的工作日数",
    "Working days between a hearing's notice and the hearing",
    f"{_PENALTY_LAW}第六十四条、第八十五条",
)
PENALTY_LIMIT_YEARS = years(
    "penalty_limit_years",
    2,
    "处罚时效年数",
    "Years after which no penalty may be given",
    f"{_PENALTY_LAW}第三十六条",
)
RELET_ALARM_DAYS = days(
    "relet_alarm_days",
    365,
    "腾退后再出租期限（天）",
    "Days until a vacated home should be let again",
    "桂林市2020年保障性住房工作方案第十七项",
)

ALL: tuple[Parameter[Any], ...] = (
    IDLE_MONTHS, IDLE_EARLY_DAYS, UNKNOWN_DAYS_PERCENT, ARREARS_MONTHS, RENEWAL_NOTICE_MONTHS, RENEWAL_REMINDER_DAYS,
    LEASE_MAX_YEARS, WAITING_MAX_YEARS, FINE_MAX_FEN, FINE_INCOME_TIMES, FINE_INCOME_MAX_FEN, BAN_YEARS,
    CLOCK_718_REMINDER_DAYS, CLOCK_718_RED_DAYS, CLOCK_718_MONTHS, CLOCK_734_DAYS, HEARING_REQUEST_WORKING_DAYS,
    HEARING_NOTICE_WORKING_DAYS, PENALTY_LIMIT_YEARS, RELET_ALARM_DAYS,
)  # fmt: skip
