"""`anju demo`: the whole system on this machine with a made-up estate, whose busy day passes its doors.

Everything is real but the people: the broker, the services, the recognisers, the decisions. Drawn plates and the
pictures at hand go through the real recognisers; the other faces are drawn embeddings, marked as such all the way. The
demo has a directory of its own under `var`, so that it never meets a real estate.
"""

import sys
from pathlib import Path

import msgspec
import structlog
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from anju import demo_devices, demo_estate, users
from anju.demo_summary import summarise
from anju.installation import Installation, open_installation
from anju.launcher.lifecycle import State
from anju.launcher.mends import ChildFailed
from anju.launcher.supervisor import LOG_DIR, Supervisor
from anju.screen import Screen
from anju.up import launcher_log, stopped_by_signals
from core.clock import Clock, SystemClock, local_day
from core.db import Store, open_store
from core.errors import AnjuError
from core.settings import Settings
from core.texts import register, render
from housing import accounts
from simulators import faces
from simulators.runs import BusyDays, Estate
from simulators.world import DEFAULT_HOMES

log = structlog.get_logger(__name__)
FOLDER = "demo"
SWEEP_S = 20.0  # so that alerts come while one looks
USERS = {"demo-admin": accounts.Role.ADMIN, "demo-officer": accounts.Role.HOUSING, "demo-staff": accounts.Role.PROPERTY}
SERVE_WITHIN_S = 90.0
DAYS = 3
INTERRUPTED = 130  # the shell's number for Ctrl-C
_ENDING = (State.STOPPING, State.STOPPED)
register(
    {
        "demo.registering": ("登记演示小区", "Registering the estate"),
        "demo.enrolling": ("登记人脸模板", "Enrolling faces"),
        "demo.faces": ("真实人脸图像来自：{source}", "Real face pictures: {source}"),
        "demo.face_refused": ("“{name}”的照片未能登记：{why}", "The pictures of {name} were not enrolled: {why}"),
        "demo.file_refused": ("{file} 不是可用的图像（{why}）", "{file} is no usable picture ({why})"),
        "demo.user": (
            "演示账号 {user}，密码 {password}（仅显示一次）",
            "User {user}, password {password} (shown once)",
        ),
        "demo.user_again": (
            "演示账号 {user} 已存在；忘记密码时请删除 {path} 重新开始。",
            "Demo user {user} exists; if its password is lost, remove {path} and start anew.",
        ),
        "demo.playing": (
            "正在以 {speed:g} 倍速播放繁忙的一天。",
            "A busy day plays at {speed:g} times its speed.",
        ),
        "demo.name_admin": ("演示管理员", "Demo administrator"),
        "demo.name_housing": ("演示住房专员", "Demo housing officer"),
        "demo.name_property": ("演示物业人员", "Demo property staff"),
    }
)


def demo(
    settings: Settings,
    *,
    headless: bool = False,
    seconds: float = 60.0,
    faces_folder: Path | None = None,
    homes: int = DEFAULT_HOMES,
    speed: float = 60.0,
) -> int:
    """Play the demo until a signal, or headless for `seconds` with one JSON line on standard output at the end.

    Args:
        settings: Their `var_dir` gets a directory `demo`.
        headless: End by itself and sum up.
        seconds: How long devices present, headless.
        faces_folder: The user's own pictures, a sub-folder or file a person.
        homes: How many, at the first start.
        speed: Seconds of the day that pass in one second.

    Returns:
        0; 1 where something was lost or doubled; 130 where a headless demo was interrupted.

    Raises:
        NoFaces, AlreadyRunning, ChildFailed and what else cannot be started, in words.
    """
    clock, screen = SystemClock(), Screen(Console(stderr=headless), settings.language)
    own = settings.model_copy(update={"var_dir": settings.var_dir / FOLDER, "sweep_s": min(settings.sweep_s, SWEEP_S)})
    with open_installation(own) as installation, launcher_log(installation.settings):
        _tell_faces(faces_folder, screen)
        estate = _prepare(installation.settings, screen, faces_folder, homes, clock)
        _make_users(installation.settings, screen, estate)
        run = demo_devices.new_run(
            installation.settings, estate, BusyDays(first=local_day(clock.now()), speed=speed, days=DAYS)
        )
        supervisor = installation.supervisor(listener=screen)
        with stopped_by_signals(supervisor, screen):
            _serve(supervisor, settings.language)
            with demo_devices.running(run) as devices:
                _tell(installation, screen, speed)
                if headless:
                    return _sum_up(installation.settings, supervisor, devices, seconds, clock)
                supervisor.wait_stopped()
    return 0


def _tell_faces(folder: Path | None, screen: Screen) -> None:
    """Whose pictures these are, and which files are none."""
    gathered = faces.gather(folder)
    screen.say("demo.faces", source=gathered.sitters[0].source)
    for file, why in gathered.refused:
        screen.say("demo.file_refused", file=file, why=why)


def _prepare(settings: Settings, screen: Screen, folder: Path | None, homes: int, clock: Clock) -> Estate:
    lang = settings.language
    with Progress(TextColumn("{task.description}"), BarColumn(), console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("", total=1)

        def tell(what: str, done: int, total: int) -> None:
            bars.update(task, description=render(what, lang), completed=done, total=total)

        def warn(name: str, error: AnjuError) -> None:
            screen.say("demo.face_refused", name=name, why=error.text(lang))

        return demo_estate.prepare(settings, homes=homes, faces_folder=folder, clock=clock, tell=tell, warn=warn)


def _make_users(settings: Settings, screen: Screen, estate: Estate) -> None:
    """One account a role, their passwords drawn and shown at the first start."""
    engine = open_store(settings, Store.HOUSING, read_only=True)
    try:
        with engine.connect() as conn:
            there = {account.user for account in accounts.accounts(conn)}
    finally:
        engine.dispose()
    for user, role in USERS.items():
        if user in there:
            screen.say("demo.user_again", user=user, path=settings.var_dir)
            continue
        estates = () if role is accounts.Role.ADMIN else (estate.estate,)
        name = render(f"demo.name_{role}", settings.language)
        screen.say("demo.user", user=user, password=users.add(settings, user, name, role, estates))


def _serve(supervisor: Supervisor, lang: str) -> None:
    """Start everything; a service that does not come to serve is told, the others go on."""
    supervisor.start()
    try:
        supervisor.wait_serving(SERVE_WITHIN_S)
    except ChildFailed as error:
        Console(stderr=True).print(f"[bold red]{error.text(lang)}[/]", soft_wrap=True)


def _tell(installation: Installation, screen: Screen, speed: float) -> None:
    screen.say("demo.playing", speed=speed)
    screen.say("launcher.logs", path=installation.settings.var_dir / LOG_DIR)
    screen.say("launcher.open", url=installation.pages_url())
    log.info("console", url=installation.pages_url())


def _sum_up(
    settings: Settings, supervisor: Supervisor, devices: demo_devices.Devices, seconds: float, clock: Clock
) -> int:
    """Let the devices present for `seconds`, then print the summary of their run; none where a signal ended it."""
    supervisor.wait_until(lambda _rows: False, seconds)
    if all(row.state in _ENDING for row in supervisor.statuses().values()):
        supervisor.wait_stopped()
        return INTERRUPTED
    devices.stop()
    summary = summarise(settings, devices.ledger, clock=clock)
    sys.stdout.write(msgspec.json.encode(summary).decode() + "\n")
    sys.stdout.flush()
    return 1 if summary.lost or summary.duplicated else 0
