"""Pictures of the console's pages for the README and the docs, from a furnished estate that is the same every time.

python -m scripts.screenshots [FOLDER]
"""

import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser

from anju.api_service import face_encoder
from core.clock import ManualClock
from core.settings import Settings
from tests.api_server import Server, api_server
from tests.console import ESTATE, furnish
from tests.e2e.browser import DESKTOP, PHONE, Screen, chromium
from tests.factories import NOW

FOLDER = Path(__file__).parents[1] / "docs" / "screenshots"
HOMES = 500
AT = f"/e/{ESTATE}"
SUBLET = f"{AT}/alerts/{'a' + '0' * 30 + '1'}"


class Photographer:
    """Takes pictures of one window."""

    def __init__(self, screen: Screen, folder: Path) -> None:
        self._screen, self._folder = screen, folder

    def take(self, name: str, path: str = "", *, whole: bool = False) -> None:
        """A picture of a page, as it is in the window or in its whole length."""
        page = self._screen.page
        if path:
            self._screen.go(path)
        page.evaluate("document.fonts.ready")
        file = self._folder / f"{name}.png"
        page.screenshot(path=file, full_page=whole, animations="disabled", caret="hide")
        with Image.open(file) as picture:
            picture.convert("RGB").save(file, optimize=True)


def _desk(browser: Browser, server: Server, folder: Path, person: str) -> None:
    screen = Screen(browser, server.url, size=DESKTOP)
    shots = Photographer(screen, folder)
    screen.sign_in("officer")
    screen.page.wait_for_selector("#live-state[data-state=on]")
    shots.take("today")
    shots.take("alerts", f"{AT}/alerts")
    shots.take("alert", SUBLET)
    home = screen.page.locator(".head a.home-tag").get_attribute("href") or AT
    shots.take("purpose", home)
    screen.claim("occupancy")
    shots.take("home", home, whole=True)
    shots.take("events", f"{AT}/events")
    shots.take("enrolment", f"{AT}/people/{person}")
    shots.take("doors", f"{AT}/doors")
    screen.context.close()


def _english_dark(browser: Browser, server: Server, folder: Path) -> None:
    screen = Screen(browser, server.url, lang="en-GB", dark=True, size=DESKTOP)
    screen.sign_in("admin")
    screen.page.wait_for_selector("#live-state[data-state=on]")
    shots = Photographer(screen, folder)
    shots.take("today-dark-en")
    shots.take("imports-dark-en", "/imports")
    screen.context.close()


def _phone(browser: Browser, server: Server, folder: Path) -> None:
    screen = Screen(browser, server.url, size=PHONE)
    screen.sign_in("desk")
    screen.page.wait_for_selector("#live-state[data-state=on]")
    shots = Photographer(screen, folder)
    shots.take("phone-today")
    shots.take("phone-alert", SUBLET)
    screen.context.close()


def main(folder: Path) -> int:
    """Write every picture anew; returns the exit status."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as var:
        settings = Settings(var_dir=Path(var), redis_url=f"unix://{var}/nobody.sock", language="zh", log_level="error")
        people = furnish(settings, NOW, homes=HOMES).people
        undecided = str(people.id[~people.face & (people.relation == "tenant")][0])
        with api_server(settings, face_encoder(), ManualClock(NOW)) as server, chromium() as browser:
            _desk(browser, server, folder, undecided)
            _english_dark(browser, server, folder)
            _phone(browser, server, folder)
    sys.stdout.write(f"{len(list(folder.glob('*.png')))} pictures in {folder}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER))
