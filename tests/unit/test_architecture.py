"""The rules of the house: who may import whom, what stays pure, no circles, no file that is two things."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("anju", "api", "benchmarks", "core", "gateway", "housing", "occupancy", "recognition", "simulators")
PURE_RECOGNITION = {
    "access", "arrays", "axes", "bounds", "calibration", "calibrations", "errors", "estate", "fingers", "fusion",
    "gallery", "handles", "judge", "kernels", "matches", "modalities", "plate_confusions", "plate_match", "policy",
    "schedules", "search", "segments", "sketch", "thresholds", "windows",
}  # fmt: skip
MAY_IMPORT = {
    "core": set[str](),
    "housing": {"core"},
    "recognition": {"core", "housing"},
    "occupancy": {"core", "housing"},
    "gateway": {"core", *(f"recognition.{name}" for name in PURE_RECOGNITION)},
    "api": {
        "core",
        "housing",
        "occupancy",
        *(
            f"recognition.{name}"
            for name in ("enrolment", "evaluation", "finger_enrolment", "threshold_files", "views")
        ),
    },
    "simulators": {"core", "housing", "gateway"},
    "anju": set(ROOMS),
    "benchmarks": {*ROOMS, "tests"},
}
PURE = [
    "core/facts.py", "core/topics.py", "core/wire.py", "core/sets.py",
    *(f"recognition/{name}.py" for name in sorted(PURE_RECOGNITION - {"fingers", "handles", "kernels", "modalities"})),
    *(f"recognition/modalities/{name}.py" for name in ("base", "face", "fingerprint", "gait", "plate")),
    *(f"recognition/fingers/{name}.py" for name in (
        "cylinders", "features", "gallery", "minutiae", "projection", "records", "relaxation", "scan", "sealing",
    )),
    *(f"recognition/{name}.py" for name in (
        "evaluation", "evaluation_sizes", "intake", "look_alikes", "recording",
    )),
    "housing/leases.py", *(f"housing/parameters/{name}.py" for name in ("base", "detection", "known", "law")),
    *(f"housing/law/{name}.py" for name in (
        "clocks", "deadlines", "grounds", "money", "periods", "relocation", "terms",
    )),
    "housing/working_days.py",
    "occupancy/presence.py", "occupancy/homedays.py", "occupancy/passages.py", "occupancy/meters.py",
    "occupancy/discovery.py", "occupancy/findings.py", "occupancy/alerts.py", "occupancy/judging.py",
    "occupancy/feedback.py", "simulators/replay_faces.py", "simulators/replay_showing.py",
    "occupancy/memberships.py", "occupancy/tenure.py", *(f"occupancy/rules/{name}.py" for name in (
        "base", "changepoint", "extra_resident", "handover", "holidays", "overdue", "relet", "renewal", "rhythm",
        "signs", "sublet", "swap", "vacancy", "welfare",
    )),
    *(f"occupancy/backtest/{name}.py" for name in ("docket", "encoding", "lines", "reel", "refusals", "words")),
    "anju/backtest_comparison.py", "anju/backtest_picture.py",
]  # fmt: skip
IMPURE_MODULES = {"os", "socket", "sqlite3", "sqlalchemy", "redis", "paho", "threading", "time", "subprocess", "random"}
CLOCKS = {"now", "today", "utcnow", "time", "monotonic"}


def files(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """Every module a file imports, with names from a package as `package.name`."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def allowed(room: str, module: str) -> bool:
    top = module.split(".")[0]
    if top not in (*ROOMS, "tests") or top == room:
        return True
    return any(module == grant or module.startswith(f"{grant}.") for grant in MAY_IMPORT[room])


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_what_it_may(room: str) -> None:
    wrong = [f"{path.relative_to(ROOT)}: {m}" for path in files(room) for m in imports(path) if not allowed(room, m)]
    assert wrong == []


@pytest.mark.parametrize("name", PURE)
def test_a_pure_module_has_no_way_out_and_no_clock(name: str) -> None:
    path = ROOT / name
    assert not {module.split(".")[0] for module in imports(path)} & IMPURE_MODULES
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLOCKS:
            assert not (isinstance(node.func.value, ast.Name) and node.func.value.id in {"datetime", "date", "time"})


def _modules() -> dict[str, Path]:
    found = {}
    for room in ROOMS:
        for path in files(room):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def test_no_circle_of_imports() -> None:
    modules = _modules()
    graph: dict[str, set[str]] = {}
    for name, path in modules.items():
        wanted = set()
        for module in imports(path):
            target = module if module in modules else module.rpartition(".")[0]
            if target in modules and target != name:
                wanted.add(target)
        graph[name] = wanted
    done: set[str] = set()

    def visit(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, " -> ".join((*way[way.index(name) :], name))
        if name not in done:
            for target in sorted(graph[name]):
                visit(target, (*way, name))
            done.add(name)

    for name in graph:
        visit(name, ())


def test_files_stay_one_thing() -> None:
    lengths = {path: len(path.read_text("utf-8").splitlines()) for room in ROOMS for path in files(room)}
    too_long = {str(p.relative_to(ROOT)): n for p, n in lengths.items() if n > 320 and "migrations" not in p.parts}
    assert too_long == {}


def test_nothing_imports_this_workplace_or_a_registry() -> None:
    """Paths of a machine and addresses of package registries have no place in the tree."""
    words = ("pypi" + ".org", "files.python" + "hosted", "registry.npm" + "js", "deb.debian" + ".org")
    texts = [p for p in ROOT.rglob("*") if p.suffix in {".py", ".md", ".toml", ".txt", ".lock", ".in", ".yml"}]
    for path in texts:
        if ".venv" not in path.parts and "var" not in path.parts:
            text = path.read_text("utf-8")
            assert not any(word in text for word in words), path
