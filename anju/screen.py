"""What a person at the terminal sees while children start, serve, die and stop."""

from collections.abc import Iterator
from contextlib import contextmanager

import rich.status
from rich.console import Console
from rich.markup import escape

from anju.launcher.lifecycle import State, Status
from anju.launcher.mends import mend_for
from core.errors import AnjuError
from core.texts import register, render

register(
    {
        "launcher.starting": ("启动中：{names}", "Starting: {names}"),
        "launcher.serving": ("{name} 已就绪", "{name} serves"),
        "launcher.died": ("{name} 意外退出（{why}），将自动重启。", "{name} died ({why}); it is started again."),
        "launcher.loop": ("{name} 反复退出（{why}）。{mend}", "{name} keeps dying ({why}). {mend}"),
        "launcher.stopped": ("{name} 已停止", "{name} has stopped"),
        "launcher.open": ("请打开 {url}", "Open {url}"),
        "launcher.how_to_stop": ("按 Ctrl-C 停止。", "Ctrl-C stops everything."),
        "launcher.stopping": (
            "正在停止，再按一次 Ctrl-C 立即终止。",
            "Stopping; another Ctrl-C ends everything at once.",
        ),
        "launcher.logs": ("日志目录：{path}", "Logs: {path}"),
    }
)
_MARKS = {State.SERVING: "[green]✓[/]", State.STOPPED: "[dim]■[/]", State.BACKING_OFF: "[red]✗[/]"}


class Screen:
    """Prints one line per change that matters; a listener of the supervisor.

    Args:
        console: Where to.
        lang: "zh" or "en".
    """

    def __init__(self, console: Console, lang: str) -> None:
        self._console = console
        self._lang = lang
        self._shown: dict[str, State] = {}
        self._starting: dict[str, None] = {}  # in the order in which they began
        self._spinner: rich.status.Status | None = None

    @contextmanager
    def starting(self) -> Iterator[None]:
        """In the block, on a terminal, a spinner names the children that do not serve yet."""
        with self._console.status(self.spinning) as self._spinner:
            try:
                yield
            finally:
                self._spinner = None

    def say(self, key: str, **values: object) -> None:
        """One line, by message id."""
        self._print(escape(render(key, self._lang, **values)))

    def problem(self, error: AnjuError) -> None:
        """An error, in words."""
        self._print(f"[bold red]{escape(error.text(self._lang))}[/]")

    def __call__(self, row: Status) -> None:
        if row.state in {State.WAITING, State.STARTING, State.BACKING_OFF}:
            self._starting[row.name] = None
        else:
            self._starting.pop(row.name, None)
        spinner = self._spinner  # the other thread may end it meanwhile
        if spinner is not None:
            spinner.update(self.spinning)
        if row.state in _MARKS and self._shown.get(row.name) is not row.state:
            self._shown[row.name] = row.state
            self._print(f"{_MARKS[row.state]} {escape(self._words(row))}")

    @property
    def spinning(self) -> str:
        """What the spinner says."""
        return escape(render("launcher.starting", self._lang, names=", ".join(self._starting)))

    def _print(self, line: str) -> None:
        try:
            self._console.print(line, soft_wrap=True)
        except (OSError, SystemExit):  # rich ends the program where its reader is gone; the doors go on without one
            self._console.quiet = True

    def _words(self, row: Status) -> str:
        if row.state is not State.BACKING_OFF or row.last_exit is None:
            key = "launcher.serving" if row.state is State.SERVING else "launcher.stopped"
            return render(key, self._lang, name=row.name)
        if not row.crash_loop:
            return render("launcher.died", self._lang, name=row.name, why=row.last_exit)
        mend = mend_for(row.last_exit)
        words = mend.zh if self._lang.startswith("zh") else mend.en
        return render("launcher.loop", self._lang, name=row.name, why=row.last_exit, mend=words)
