"""Writes the three lock files from the .in files. `make lock` runs it, with uv at hand.

The locks hold every transitive package with its hashes and no address, for every system and for Python 3.11 and 3.12
alike. Carriers of files (weights, a font) are locked without their dependencies: nothing of their code is run. The
development lock comes on top of the other, so it holds only what that one does not.
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOCK, DEV_LOCK, SOURCE_LOCK = "requirements.lock", "requirements-dev.lock", "requirements-source.lock"
OPTIONS = (
    *("--universal", "--python-version", "3.11", "--generate-hashes"),
    *("--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links", "--quiet"),
)
_NAME = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*])?==")


def blocks(lock: str) -> dict[str, str]:
    """The blocks of a lock (a requirement and its hashes) by their first line; a package may have one per platform."""
    found = [block.rstrip("\n") for block in re.split(r"\n(?=\S)", lock) if _NAME.match(block)]
    return {block.partition("\n")[0]: block for block in found}


def name(first_line: str) -> str:
    """The package of a block's first line, in the spelling of the index (PEP 503)."""
    match = _NAME.match(first_line)
    if match is None:
        raise ValueError(f"no requirement: {first_line!r}")
    return re.sub(r"[-_.]+", "-", match[1]).lower()


def joined(*locks: str) -> str:
    """Several locks as one; raises ValueError where two of them pin the same package."""
    parts = [blocks(lock) for lock in locks]
    names = [{name(line) for line in part} for part in parts]
    twice = {package for number, own in enumerate(names) for other in names[:number] for package in own & other}
    if twice:
        raise ValueError(f"pinned twice: {', '.join(sorted(twice))}")
    return "".join(f"{block}\n" for part in parts for block in part.values())


def without(lock: str, other: str) -> str:
    """`lock` less the packages that `other` holds."""
    there = {name(line) for line in blocks(other)}
    return "".join(f"{block}\n" for line, block in blocks(lock).items() if name(line) not in there)


def resolved(uv: str, source: str, *options: str) -> str:
    """What uv makes of one .in file."""
    argv = [uv, "pip", "compile", *OPTIONS, *options, source]
    return subprocess.run(argv, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def main() -> None:
    """Resolve and write all locks; nothing is written where one cannot be resolved."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--uv", default="uv", help="the uv program")
    uv = parser.parse_args().uv
    try:
        lock = joined(resolved(uv, "requirements.in"), resolved(uv, "carriers.in", "--no-deps"))
        before = (ROOT / LOCK).read_text("utf-8") if (ROOT / LOCK).exists() else ""
        (ROOT / LOCK).write_text(lock, "utf-8")  # the development requirements are constrained by it
        try:
            dev = without(resolved(uv, "requirements-dev.in"), lock)
            source = resolved(uv, "sources.in", "--no-deps")
        except subprocess.CalledProcessError:
            (ROOT / LOCK).write_text(before, "utf-8")
            raise
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        sys.exit(f"The locks stay as they were: {error}")
    (ROOT / DEV_LOCK).write_text(dev, "utf-8")
    (ROOT / SOURCE_LOCK).write_text(source, "utf-8")


if __name__ == "__main__":
    main()
