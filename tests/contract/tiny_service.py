"""A service as small as one can be: it is ready while the broker it was handed answers. Run by test_up."""

import sys
import threading
from collections.abc import Mapping

from core.mqtt import PahoLink
from core.runtime import Check, serve
from core.settings import load_settings


class TinyService:
    """Holds a link and waits."""

    def __init__(self, url: str) -> None:
        self._link = PahoLink(url, "tiny")

    def checks(self) -> Mapping[str, Check]:
        return {"broker": lambda: self._link.connected}

    def run(self, stop: threading.Event) -> None:
        self._link.start()
        stop.wait()
        self._link.stop()


if __name__ == "__main__":
    settings = load_settings()
    sys.exit(serve("tiny", settings, lambda: TinyService(settings.mqtt_url)))
