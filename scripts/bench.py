"""Runs every benchmark, one after the other; `make bench` runs it. A table or a JSON object each, see docs."""

import argparse
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
# Benchmarks on real pictures and fingers: which folder of the data directory each reads.
DATA = {"face": "faces", "plate": "plates", "fingerprint": "fingerprints"}

# Benchmarks that take hours in full are run small here; the figures in the pages say what they were run with.
SMALL = {"detect": ("--homes", "400", "--seeds", "1001", "--usual-only")}
TOOLS = {"detect_calibrate"}  # these make constants, not figures


def names() -> list[str]:
    """Every benchmark: the modules of `benchmarks` that can be run and are no tools."""
    files = sorted((ROOT / "benchmarks").glob("*.py"))
    found = [file.stem for file in files if '__name__ == "__main__"' in file.read_text("utf-8")]
    return [name for name in found if name not in TOOLS]


def command(name: str, data: Path, *, as_json: bool) -> list[str] | None:
    """The command line of a benchmark; None where its data are not there."""
    argv = [sys.executable, "-m", f"benchmarks.{name}", *SMALL.get(name, ())]
    if name in DATA:
        folder = data / DATA[name]
        if not folder.is_dir():
            return None
        argv += ["--data", str(folder)]
    return [*argv, "--json"] if as_json else argv


def main() -> None:
    """Run them all; ends with 1 where one failed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", help="folder of pictures")
    parser.add_argument("--json", action="store_true", help="one JSON object each")
    options = parser.parse_args()
    failed = False
    for name in names():
        argv = command(name, options.data, as_json=options.json)
        if argv is None:
            say(f"{name}: not run, {options.data / DATA[name]} is not there")
            continue
        say(f"{name}:")
        failed |= subprocess.run(argv, cwd=ROOT, check=False).returncode != 0
    sys.exit(failed)


def say(line: str) -> None:
    """On standard error, so that standard output holds results alone."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
