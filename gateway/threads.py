"""Threads a gateway cannot do without: when one dies of something unforeseen, the process ends and is restarted."""

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

        thread = threading.Thread(target=run, name=name)
        thread.start()
        return thread
