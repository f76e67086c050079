"""`python -m occupancy`: the occupancy service."""

import sys

from core.runtime import serve
from core.settings import load_settings
from occupancy.service import Service

if __name__ == "__main__":
    settings = load_settings()
    sys.exit(serve("occupancy", settings, lambda: Service(settings)))
