"""`python -m recognition`: wires the service to the real broker, stores, Redis and clock."""

import sys

from core.clock import SystemClock
from core.db import Store, open_store
from core.live import Live
from core.mqtt import PahoLink
from core.runtime import serve
from core.settings import load_settings
from recognition.service import RecognitionService, subscriptions


def main() -> int:
    """Run until told to stop; returns the exit status."""
    settings = load_settings()

    def build() -> RecognitionService:
        link = PahoLink(settings.mqtt_url, f"recognition-{settings.shard}", subscriptions(settings.estate_list))
        return RecognitionService(
            settings,
            link=link,
            live=Live(settings.redis_url),
            own=open_store(settings, Store.RECOGNITION),
            own_read=open_store(settings, Store.RECOGNITION, read_only=True),
            housing=open_store(settings, Store.HOUSING, read_only=True),
            clock=SystemClock(),
        )

    return serve("recognition", settings, build)


if __name__ == "__main__":
    sys.exit(main())
