"""The back-test: a period of the past judged again, with the same code as the service (docs/backtest.md)."""

from occupancy.backtest.running import Result, compare, run

__all__ = ["Result", "compare", "run"]
