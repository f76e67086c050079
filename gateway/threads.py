"""Threads a gateway cannot do without: when one dies of something unforeseen, the process ends and is restarted."""

import contextvars
import threading
from collections.abc import Callable


class Crew:
    """Starts and joins named threads; `failed` is set when one ends by an error (whose trace goes to the log)."""

    def __init__(self) -> None:
        self.failed = threading.Event()

    def start(self, name: str, target: Callable[[], None]) -> threading.Thread:
        """A thread that runs `target`."""

        def run() -> None:
            done = False
            try:
                target()
                done = True
            finally:
                if not done:
                    self.failed.set()

        # In the caller's context: what its logs carry (service, process) theirs carry too.
        thread = threading.Thread(target=contextvars.copy_context().run, args=(run,), name=name)
        thread.start()
        return thread
