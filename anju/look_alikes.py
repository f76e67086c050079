"""`anju look-alikes`: enrolled people whose templates are alike enough to be one person, for somebody to look at."""

from rich.console import Console
from rich.table import Table
from sqlalchemy.engine import Engine

from anju.importing import whoever_types
from core import audit
from core.clock import Clock, SystemClock, to_us
from core.db import Store, open_store, writing
from core.db.migrate import migrate_store
from core.errors import AnjuError
from core.settings import Settings
from core.texts import register, render
from core.vault import Vault
from housing.registry import reading
from housing.registry.rows import PersonRow
from recognition import threshold_files
from recognition.estate import EstateView
from recognition.loading import Loader
from recognition.look_alikes import Pairs, look_alikes

register(
    {
        "look_alikes.title": (
            "{estate}：相似的登记人员（{model}，阈值 {threshold:.3f}）",
            "{estate}: enrolled people who look alike ({model}, threshold {threshold:.3f})",
        ),
        "look_alikes.person": ("人员", "Person"),
        "look_alikes.home": ("住房", "Home"),
        "look_alikes.score": ("相似度", "Score"),
        "look_alikes.born": ("出生日期相同", "Same birthday"),
        "look_alikes.none": (
            "{estate}：{people}人中没有超过阈值的相似人员（{model}）。",
            "{estate}: none of {people} people look alike beyond the threshold ({model}).",
        ),
        "look_alikes.unmeasured": (
            "{estate}：模型 {model} 尚未测定阈值，请先运行 anju evaluate。",
            "{estate}: model {model} has no measured threshold; run `anju evaluate` first.",
        ),
        "look_alikes.look": (
            "请逐对核对：是否重复登记、照片是否错人、是否双胞胎。相似不是身份；门禁遇到此类人员会要求第二种凭证。",
            "Look at each pair: enrolled twice, a wrong picture, twins? Alike is no identity: doors ask for "
            "a second factor.",
        ),
    }
)


class EstateUnknown(AnjuError):
    """No such estate is registered."""

    code = "estate_unknown"


def run(settings: Settings, estate: str | None, *, console: Console | None = None, clock: Clock | None = None) -> int:
    """Print the pairs of an estate, or of all; returns how many there are. That somebody asked is audited first."""
    console, clock = console or Console(), clock or SystemClock()
    migrate_store(settings, Store.HOUSING)
    engine, vault = open_store(settings, Store.HOUSING), Vault.open(settings)
    tables = threshold_files.tables(threshold_files.read_all(settings.var_dir))
    found = 0
    try:
        for one in _estates(engine, estate):
            with writing(engine) as connection:
                audit.append(
                    connection, at=clock.now(), actor=whoever_types(), action="look_alikes_listed", subject=one
                )
            with engine.connect() as connection:
                view = Loader(one, vault.estate(one)).load(connection, to_us(clock.now()))
                people = {row.person: row for row in reading.people_of(connection, one)}
                homes = {row.person: row.home or "" for row in reading.members_of(connection, one)}
            for model, gallery in view.faces.items():
                table = tables.get(model)
                if table is None:
                    console.print(render("look_alikes.unmeasured", settings.language, estate=one, model=model))
                    continue
                threshold = table.at(gallery.size).value
                pairs = look_alikes(gallery, threshold)
                _show(console, settings.language, view, pairs, people, homes, model, threshold)
                found += len(pairs)
    finally:
        engine.dispose()
    return found


def _estates(engine: Engine, estate: str | None) -> list[str]:
    with engine.connect() as connection:
        known = reading.estates(connection)
    if estate is None:
        return known
    if estate not in known:
        raise EstateUnknown(
            f"没有登记小区“{estate}”，现有：{'、'.join(known)}。",
            f"No estate {estate!r} is registered; there are: {', '.join(known)}.",
        )
    return [estate]


def _show(
    console: Console,
    lang: str,
    view: EstateView,
    pairs: Pairs,
    people: dict[str, PersonRow],
    homes: dict[str, str],
    model: str,
    threshold: float,
) -> None:
    if not len(pairs):
        count = len(view.faces[model].persons())
        console.print(render("look_alikes.none", lang, estate=view.estate, people=count, model=model))
        return
    title = render("look_alikes.title", lang, estate=view.estate, model=model, threshold=threshold)
    heads = ("person", "home", "person", "home", "score", "born")
    table = Table(*(render(f"look_alikes.{head}", lang) for head in heads), title=title)
    for (one, other), score in zip(pairs.persons, pairs.scores.tolist(), strict=True):
        first, second = (view.person_and_pass(int(handle))[0] or "" for handle in (one, other))
        births = [people[person].born for person in (first, second) if person in people]
        same = len(births) == 2 and births[0] is not None and births[0] == births[1]
        row = (first, homes.get(first, ""), second, homes.get(second, ""), f"{score:.3f}", "✓" if same else "")
        table.add_row(*row)
    console.print(table)
    console.print(render("look_alikes.look", lang))
