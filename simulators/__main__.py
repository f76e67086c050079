"""`python -m simulators RUN.json`: simulated devices as a process, until SIGTERM or SIGINT.

At the first signal nobody presents anything any more; what waits for an answer gets a while to be answered.
"""

import sys
from pathlib import Path

import msgspec
import structlog

from core.clock import SystemClock
from core.errors import AnjuError
from core.runtime import configure_logs, stop_on_signals
from core.settings import load_settings
from simulators.devices import PATIENCE_S, Fleet
from simulators.runs import Run, plan_of

log = structlog.get_logger(__name__)
DRAIN_S = 20.0
UNSETTLED = 3


def main(path: Path) -> int:
    """Run the devices of the run written in `path`; 0 when everything presented was stored, 3 when not, 2 refused."""
    settings = load_settings()
    configure_logs(settings, "devices")
    stop = stop_on_signals()
    try:
        run = Run.load(path)
        plan = plan_of(run)
    except AnjuError as error:
        log.error("cannot_start", error=error.text(settings.language))  # noqa: TRY400 - told in words
        return 2
    except (OSError, msgspec.DecodeError) as error:
        log.error("cannot_start", error=f"{path}: {error}")  # noqa: TRY400 - told in words
        return 2
    fleet, clock = Fleet(plan, Path(run.var), Path(run.ledger), run.run), SystemClock()
    log.info("presenting", run=fleet.run_id, events=len(plan.due_us), gateways=len(plan.gateways))
    fleet.run(stop.is_set)
    fleet.presenting = False
    asked = clock.monotonic()
    fleet.run(lambda: fleet.idle or clock.monotonic() - asked > DRAIN_S)
    settled = fleet.idle
    asked = clock.monotonic()
    fleet.run(lambda: not fleet.untold or clock.monotonic() - asked > PATIENCE_S)
    fleet.close()
    log.info("left", settled=settled, untold=fleet.untold)
    return 0 if settled else UNSETTLED


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
