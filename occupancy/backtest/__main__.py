"""`python -m occupancy.backtest`: the back-test from files, with progress and refusals on standard error."""

import sys

from occupancy.backtest.command import main

if __name__ == "__main__":
    sys.exit(main())
