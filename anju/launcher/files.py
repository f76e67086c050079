"""Small files under `var`: written whole or not at all, readable by their owner alone."""

import io
import json
import os
import tempfile
from pathlib import Path
from typing import Any, TextIO

PRIVATE_DIR = 0o700


def make_private_dir(path: Path) -> Path:
    """Make `path`, closed to other users where it is made here (its missing parents are made as usual)."""
    path.mkdir(mode=PRIVATE_DIR, parents=True, exist_ok=True)
    return path


def write_private(path: Path, text: str) -> None:
    """Replace `path` by `text`, mode 0600 from its first byte on; a reader sees the old text or the new, never half."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mkstemp makes 0600 files
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(temporary).replace(path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise


def write_json(path: Path, value: Any) -> None:
    """`write_private` of `value` as indented JSON."""
    write_private(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def read_json_object(path: Path) -> dict[str, Any]:
    """The JSON object in `path`; empty where there is no file. Raises ValueError where it holds something else."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    if not isinstance(value, dict):
        raise ValueError(f"{path} holds no JSON object")  # noqa: TRY004 - a bad value in a file, not a bad argument
    return value


class LossyStream(io.TextIOBase):
    """A log's stream whose faults stop nothing: a full disk or a reader that went away costs lines, not doors.

    How many writes were lost is written in front of the next one that succeeds.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.lost = 0

    def write(self, text: str) -> int:
        """Write and flush, or count a loss."""
        try:
            self._stream.write(f"({self.lost} writes to this log were lost)\n{text}" if self.lost else text)
            self._stream.flush()
        except OSError:
            self.lost += 1
        else:
            self.lost = 0
        return len(text)
