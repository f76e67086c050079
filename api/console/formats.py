"""How times, days and numbers are said on the pages, in Chinese and in English, at the estate's clock."""

from datetime import date, datetime

from babel import Locale
from babel.dates import format_date, format_timedelta
from babel.numbers import format_decimal, format_percent

from api.console.catalogs import LOCALES
from core.clock import CHINA, from_us, to_us

_DAY = {"zh": "M月d日", "en": "d MMM"}
_DAY_LONG = {"zh": "y年M月d日", "en": "d MMM y"}
_WEEKDAY = {"zh": "M月d日 EEEE", "en": "EEEE d MMM"}


class Formats:
    """The filters of one language. Every time comes in microseconds UTC, every day as a date at the estate."""

    def __init__(self, lang: str) -> None:
        self.lang = lang
        self._locale = Locale.parse(LOCALES[lang])

    def clock(self, us: int, now: datetime) -> str:
        """08:12 today, with the day before it on other days, with the year in other years."""
        at, today = from_us(us).astimezone(CHINA), now.astimezone(CHINA).date()
        time = f"{at:%H:%M}"
        if at.date() == today:
            return time
        return f"{self.day(at.date(), today)} {time}"

    def second(self, us: int, now: datetime) -> str:
        """As `clock`, to the second: for what is happening."""
        return f"{self.clock(us, now)}:{from_us(us).astimezone(CHINA):%S}"

    def clock_exact(self, us: int) -> str:
        """Day and time to the second, for the hover text."""
        at = from_us(us).astimezone(CHINA)
        return f"{self.day(at.date())} {at:%H:%M:%S}"

    def day(self, day: date, today: date | None = None) -> str:
        """A calendar day; without the year where it is today's."""
        short = today is not None and day.year == today.year
        return format_date(day, (_DAY if short else _DAY_LONG)[self.lang], locale=self._locale)

    def weekday(self, day: date) -> str:
        """A day with its weekday."""
        return format_date(day, _WEEKDAY[self.lang], locale=self._locale)

    def today_words(self, now: datetime) -> str:
        """Today with its weekday."""
        return self.weekday(now.astimezone(CHINA).date())

    def month(self, day: date) -> str:
        """The month of a day, short."""
        return format_date(day, "MMM", locale=self._locale)

    def moment(self, at: datetime, now: datetime) -> str:
        """As `clock`, of a datetime."""
        return self.clock(to_us(at), now)

    def iso(self, us: int) -> str:
        """For the datetime attribute."""
        return from_us(us).astimezone(CHINA).isoformat(timespec="seconds")

    def ago(self, us: int, now: datetime) -> str:
        """How long ago, in one unit."""
        seconds = (us - to_us(now)) // 1_000_000
        return format_timedelta(min(seconds, -1), add_direction=True, locale=self._locale)

    def days(self, count: int) -> str:
        """A number of days in words."""
        return format_timedelta(count * 86_400, granularity="day", threshold=10_000, locale=self._locale)

    def number(self, value: float) -> str:
        """A number with its thousands."""
        return format_decimal(value, locale=self._locale)

    def percent(self, share: float) -> str:
        """A share from 0 to 1, without decimals."""
        return format_percent(share, format="0%", locale=self._locale)

    def yuan(self, fen: int) -> str:
        """Money, kept in fen."""
        return f"¥{format_decimal(fen / 100, format='#,##0.##', locale=self._locale)}"
