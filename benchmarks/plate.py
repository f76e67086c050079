"""Number plates on labelled pictures, with the recogniser that runs at gates.

`labels.csv` names file and plate: files under `crops/` are plates cut out already, all others are scenes, those without
a plate have an empty label.

A scene is exact if the plates read in it are the labelled one and no other. `scene_exact` and `crop_exact` are counts;
a read in a scene that has no plate takes one from `scene_exact`. The readers' agreement counts only above a confidence
floor, which was chosen on one half of the crops (`--choose-floor`, by a hash of the file name), so `agreed_precision`
and `agreed_share` are of the other half and the scenes; the figures over everything stand beside them. The confusions
that registered plates are matched with were counted on the same half of the crops; `register_*` is of the other.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np

from benchmarks import interval, plate_confusions, plate_register, progress, publish
from benchmarks.plate_data import hardships, held_out, labelled
from gateway.recognisers.images import decode
from gateway.recognisers.manifest import load_manifest
from gateway.recognisers.plates import FLOOR, PlateRecogniser, combine

WANTED = 0.999  # precision of agreed reads under the hardships below: one wrong opening in a thousand


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """One labelled plate, or one plate read where none is labelled."""

    label: str
    text: str  # empty: not read
    agreed: bool
    held_out: bool  # had no part in choosing the floor


def main() -> None:
    """Command line; see the module."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.plate", description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with labels.csv (file, plate)")
    parser.add_argument("--site", type=Path, help="a site's own models file")
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    parser.add_argument("--choose-floor", action="store_true", help="choose the agreement floor instead of measuring")
    parser.add_argument("--confusions", action="store_true", help="count how the readers misread instead of measuring")
    options = parser.parse_args()
    run = choose_floor if options.choose_floor else plate_confusions.table if options.confusions else measure
    publish(run(options.data, options.site), as_json=options.json)


def measure(data: Path, site: Path | None = None) -> dict[str, object]:
    """Reading and matching: all keys of the benchmark."""
    return {**evaluate(data, site), **plate_register.compare(plate_confusions.observe(data, site))}


def evaluate(data: Path, site: Path | None = None) -> dict[str, object]:
    """What is read in one folder of labelled pictures."""
    recogniser = PlateRecogniser(load_manifest(site))
    crops, scenes = labelled(data)
    crop_reads = read_crops(data, crops, recogniser)
    scene_reads: list[Read] = []
    exact = with_plate = false_scenes = 0
    ms: list[float] = []
    for file, plate in progress(scenes, "scenes"):
        picture_bytes = (data / file).read_bytes()
        begun = perf_counter()
        found = recogniser.read(decode(picture_bytes)).plates
        ms.append((perf_counter() - begun) * 1e3)
        scene_reads += [Read(label=plate, text=p.text, agreed=p.agreed, held_out=True) for p in found]
        if plate and not found:
            scene_reads.append(Read(label=plate, text="", agreed=False, held_out=True))
        with_plate += bool(plate)
        exact += bool(plate) and [p.text for p in found] == [plate]
        false_scenes += not plate and bool(found)
    return {
        "scenes": with_plate,
        "scene_exact": exact - false_scenes,
        "scenes_without_plate": len(scenes) - with_plate,
        "scenes_with_false_reads": false_scenes,
        "crops": len(crop_reads),
        "crop_exact": sum(read.text == read.label for read in crop_reads),
        **agreement(crop_reads + scene_reads),
        "floor": FLOOR,
        "ms_per_scene": round(float(np.median(ms)), 1) if ms else None,
    }


def agreement(reads: list[Read]) -> dict[str, object]:
    """How often the readers agree and how often they are right then: on what had no part in the floor, and on all."""
    result: dict[str, object] = {}
    for suffix, part in (("", [read for read in reads if read.held_out]), ("_all", reads)):
        agreed = [read for read in part if read.agreed]
        wrong = [f"{read.label} read {read.text}" for read in agreed if read.text != read.label]
        right = len(agreed) - len(wrong)
        result[f"agreed_precision{suffix}"] = right / len(agreed) if agreed else None
        result[f"agreed_precision{suffix}_ci"] = interval(right, len(agreed))
        result[f"agreed_share{suffix}"] = len(agreed) / len(part) if part else None
        result[f"agreed_wrong{suffix}"] = [
            f"{read.label} read {read.text}" for read in agreed if read.text != read.label
        ]
    return result


def choose_floor(data: Path, site: Path | None = None) -> dict[str, object]:
    """The lowest floor (in steps of 0.05) at which agreed reads of the choosing half, made harder, are right enough."""
    recogniser = PlateRecogniser(load_manifest(site))
    crops = [(file, plate) for file, plate in labelled(data)[0] if not held_out(file)]
    weakest: list[float] = []
    right: list[bool] = []
    for spoil in progress(hardships(), "hardships"):
        spoilt = [spoil(decode((data / file).read_bytes())) for file, _ in crops]
        for (_, plate), lines in zip(crops, recogniser.read_crops(spoilt), strict=True):
            if (read := combine(*lines)) and read.same:
                weakest.append(read.weakest)
                right.append(read.text == plate)
    confidence, is_right = np.array(weakest), np.array(right)
    steps = [round(step * 0.05, 2) for step in range(20)]
    precision = {step: float(is_right[confidence >= step].mean()) for step in steps if (confidence >= step).any()}
    chosen = next((step for step, value in precision.items() if value >= WANTED), None)
    return {"floor": chosen, "reads": len(right), "crops": len(crops), "precision_by_floor": precision}


def read_crops(data: Path, crops: list[tuple[str, str]], recogniser: PlateRecogniser) -> list[Read]:
    """Both readers on every crop."""
    reads = []
    for file, plate in progress(crops, "crops"):
        read = combine(*recogniser.read_crops([decode((data / file).read_bytes())])[0])
        text, agreed = (read.text, read.agreed) if read else ("", False)
        reads.append(Read(label=plate, text=text, agreed=agreed, held_out=held_out(file)))
    return reads


if __name__ == "__main__":
    main()
