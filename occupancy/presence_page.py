"""`python -m occupancy.presence_page`: docs/presence.md from the transition table, so that page and code agree."""

from pathlib import Path

from occupancy import presence
from occupancy.codes import Way
from occupancy.places import DoorClass
from occupancy.presence import TABLE, Missed, State, step

PAGE = Path(__file__).parents[1] / "docs" / "presence.md"
_HEAD = """# Presence

<!-- Written by `python -m occupancy.presence_page` from occupancy/presence.py; a test keeps the two in step. -->

"""
_LEGEND = """
Each cell is the state after the passage. `(in)` or `(out)`: that reading must be missing before it.
An innermost reader counts as the own door on the way in, where a home has none.
"""


def render() -> str:
    """The page: the essay, the table of every state and event, and a diagram of what changes the state."""
    essay = (presence.__doc__ or "").strip()
    return f"{_HEAD}{essay}\n\n## Table\n{_LEGEND}\n{_table()}\n\n## Diagram\n\n{_diagram()}\n"


def _name(door: DoorClass, way: Way) -> str:
    return f"{door.name.lower()} {way.name.lower()}"


def _table() -> str:
    lines = ["| passage | " + " | ".join(f"from {state.word}" for state in State) + " |"]
    lines.append("| --- " * (len(State) + 1) + "|")
    for door, way in TABLE:
        cells = [_cell(state, door, way) for state in State]
        lines.append(f"| {_name(door, way)} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(state: State, door: DoorClass, way: Way) -> str:
    then, missed = step(state, door, way)
    return then.word if missed is Missed.NONE else f"{then.word} ({missed.name.lower()})"


def _diagram() -> str:
    """Arrows that need no missing reading; where the state stays, none is drawn."""
    arrows: dict[tuple[State, State], list[str]] = {}
    for door, way in TABLE:
        for state in State:
            then, missed = step(state, door, way)
            if missed is Missed.NONE and then is not state:
                arrows.setdefault((state, then), []).append(_name(door, way))
    lines = [f"    {a.word} --> {b.word}: {', '.join(names)}" for (a, b), names in sorted(arrows.items())]
    return "\n".join(["```mermaid", "stateDiagram-v2", "    [*] --> unknown", *lines, "```"])


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
