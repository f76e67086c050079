"""Who is found, how soon, and who is accused wrongly: findings of the back-test against the truth of simulated estates.

Estates of two generators live for a year with few sublets among them; each is seen with 0, 10 and 20 % of reads missed
and with all readers down for five days. What counts, and why, is written in docs/detection.md. Seeds from 1 to 99 are
for tuning; figures are reported on seeds of 1000 and above, which nobody has tuned on.
"""

import argparse
from collections.abc import Sequence
from datetime import date

from benchmarks import publish
from benchmarks.detect_pool import run_all
from benchmarks.detect_sensing import FIVE_DAYS, NONE, Setting
from benchmarks.detect_tables import Figures, Run, details, headline
from benchmarks.detect_worlds import GENERATORS, START, World, runs_of

TUNING = range(1, 100)
REPORTING = (1001, 1002, 1003, 1004)
USUAL = Setting(missed_percent=10)
SETTINGS = (Setting(missed_percent=0), USUAL, Setting(missed_percent=20), Setting(missed_percent=10, outage=FIVE_DAYS))


def main() -> None:
    """Command line; see the module."""
    options = arguments()
    runs = run_all(worlds(options), runs_of, processes=options.processes)
    publish(figures(runs, options.seeds), as_json=options.json)


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.detect", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--homes", type=int, default=5_000, help="homes of each estate")
    parser.add_argument("--days", type=int, default=365, help="days of each estate")
    parser.add_argument("--start", type=date.fromisoformat, default=START, help="the first day")
    parser.add_argument("--seeds", type=seeds, default=REPORTING, help="an estate each, of every generator: A,B,C")
    parser.add_argument("--generator", choices=(*GENERATORS, "both"), default="both")
    parser.add_argument("--prevalence", type=float, default=0.005, help="share of homes that are sublet")
    parser.add_argument("--processes", type=int, default=2, help="estates at once; each needs a few GB at 5,000 homes")
    parser.add_argument(
        "--usual-only", action="store_true", help="only 10 %% missed reads, no outage: four times faster"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    return parser.parse_args(given)


def seeds(text: str) -> tuple[int, ...]:
    """Numbers with commas between them."""
    return tuple(int(part) for part in text.split(","))


def worlds(options: argparse.Namespace) -> list[World]:
    """An estate for every seed and generator."""
    return [
        World(
            generator=generator,
            seed=seed,
            homes=options.homes,
            days=options.days,
            settings=(USUAL,) if options.usual_only else SETTINGS,
            prevalence=options.prevalence,
            start=options.start,
        )
        for seed in options.seeds
        for generator in (GENERATORS if options.generator == "both" else [options.generator])
    ]


def figures(runs: Sequence[Run], used: Sequence[int]) -> Figures:
    """All keys: the headline is of the usual setting, 10 % of reads missed and no outage of the whole estate."""
    usual = of_setting(runs, USUAL)
    return {
        **headline(usual),
        **details(usual),
        "by_generator": {
            name: headline([run for run in usual if run.generator == name]) | {"by_kind": details(mine)["by_kind"]}
            for name in sorted({run.generator for run in usual})
            if (mine := [run for run in usual if run.generator == name])
        },
        "by_missing_reads": {
            str(percent): headline(of_setting(runs, Setting(missed_percent=percent)))
            for percent in sorted({run.missed_percent for run in runs if run.outage == NONE})
        },
        "by_outage": {
            outage: headline(of_setting(runs, Setting(missed_percent=USUAL.missed_percent, outage=outage)))
            for outage in (NONE, FIVE_DAYS)
            if any(run.outage == outage for run in runs)
        },
        "seeds": list(used),
        "seeds_are_for": "tuning" if any(seed in TUNING for seed in used) else "reporting",
        "sightings": sum(run.sightings for run in runs),
        "back_test_seconds": round(sum(run.seconds for run in runs), 1),
    }


def of_setting(runs: Sequence[Run], setting: Setting) -> list[Run]:
    """The runs that were seen so."""
    return [run for run in runs if (run.missed_percent, run.outage) == (setting.missed_percent, setting.outage)]


if __name__ == "__main__":
    main()
