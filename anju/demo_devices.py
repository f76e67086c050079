"""The demo's simulated devices as a process of their own, and what their ledger says afterwards."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from anju.launcher import tether
from core.ids import new_id
from core.settings import Settings
from simulators.runs import BusyDays, Estate, Load, Run

FOLDER = "devices"
RUN_FILE, LEDGER_FILE, LOG_FILE = "run.json", "ledger", "devices.log"
KEPT_RUNS = 5
STOP_WITHIN_S = 40.0  # the devices drain for up to 26 s


class Devices:
    """A running fleet of simulated devices."""

    def __init__(self, process: "subprocess.Popen[bytes]", run: Run, log: Path) -> None:
        self._process = process
        self.run = run
        self.log = log

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    @property
    def ledger(self) -> Path:
        """Their own ledger."""
        return Path(self.run.ledger)

    def stop(self) -> int:
        """Present nothing more, let what waits be answered, end; returns the exit status (see `simulators`)."""
        self._process.terminate()
        try:
            return self._process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            return self.kill()

    def kill(self) -> int:
        """kill -9; a new process goes on from the ledger."""
        self._process.kill()
        return self._process.wait()


def new_run(settings: Settings, estate: Estate, what: BusyDays | Load) -> Run:
    """A run of these devices under `var/devices`; older ones than the last five are removed."""
    folder = settings.var_dir / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for old in sorted(folder.iterdir())[: 1 - KEPT_RUNS]:
        shutil.rmtree(old)
    name = new_id()
    run = Run(run=name, var=str(settings.var_dir), ledger=str(folder / name / LEDGER_FILE), estate=estate, what=what)
    run.save(folder / name / RUN_FILE)
    return run


def start(run: Run) -> Devices:
    """Start the devices of a run, or go on with it; they die with this process."""
    folder = Path(run.ledger).parent
    argv = (*(sys.executable, "-I", "-S", tether.__file__, str(os.getpid()), "-", "-"),
            *(sys.executable, "-m", "simulators", str(folder / RUN_FILE)))  # fmt: skip
    with (folder / LOG_FILE).open("ab") as output:
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True)
    return Devices(process, run, folder / LOG_FILE)


@contextmanager
def running(run: Run) -> Iterator[Devices]:
    """The devices of a run while the block runs; killed at its end where they still live."""
    devices = start(run)
    try:
        yield devices
    finally:
        devices.kill()
