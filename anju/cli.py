"""`anju`: the command line. Each command calls one function of one module, imported when it is needed."""

import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from core.errors import AnjuError
from core.settings import Settings, load_settings

app = typer.Typer(
    name="anju",
    help="安居 Anju: doors that know their tenants, and findings that people verify.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # they would show passwords
)

users = typer.Typer(help="People who sign in.", no_args_is_help=True)
app.add_typer(users, name="user")

Var = Annotated[Path | None, typer.Option("--var", help="Data directory (ANJU_VAR_DIR; default: ./var).")]


def settings_with(var: Path | None) -> Settings:
    """The settings of this process, with the data directory named on the command line if there is one."""
    settings = load_settings()
    return settings if var is None else settings.model_copy(update={"var_dir": var})


@app.command()
def up(
    var: Var = None,
    *,
    external: Annotated[
        bool, typer.Option("--external", help="Use MQTT_URL, REDIS_URL and DATABASE_URL instead of embedded parts.")
    ] = False,
) -> None:
    """Start everything on this machine, until Ctrl-C."""
    from anju.up import up as run

    raise typer.Exit(run(settings_with(var), external=external))


@app.command()
def demo(
    var: Var = None,
    *,
    headless: Annotated[
        bool, typer.Option("--headless", help="End by itself; the last line is a JSON summary.")
    ] = False,
    seconds: Annotated[float, typer.Option(min=1, help="How long, headless.")] = 60.0,
    faces: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False, help="Your own pictures: a folder or a file for each person."),
    ] = None,
    homes: Annotated[int, typer.Option(min=1, help="Homes of the made-up estate, at its first start.")] = 500,
    speed: Annotated[float, typer.Option(min=1, help="Seconds of the day that pass in one.")] = 60.0,
) -> None:
    """Start everything with a made-up estate and play a busy day at its doors."""
    from anju.demo import demo as run

    chosen = settings_with(var)
    raise typer.Exit(run(chosen, headless=headless, seconds=seconds, faces_folder=faces, homes=homes, speed=speed))


@app.command()
def simulate(
    generator: Annotated[str, typer.Option(help="Whose behaviour: lives or elsewhere (docs/simulators.md).")] = "lives",
    var: Var = None,
    *,
    homes: Annotated[int, typer.Option(min=1, help="Homes of the made-up estate.")] = 60,
    days: Annotated[int, typer.Option(min=1, help="How many days, the last one yesterday.")] = 14,
    seed: Annotated[int, typer.Option(min=0, help="The same seed makes the same people.")] = 1,
    speed: Annotated[str, typer.Option(help="Seconds of the stream that pass in one; or max.")] = "5000",
    out: Annotated[
        Path | None, typer.Option("--out", file_okay=False, help="Only write the files, for a back-test.")
    ] = None,
) -> None:
    """Replay days of a made-up estate through the real services, or write them to files."""
    from anju.simulating import run

    raise typer.Exit(run(settings_with(var), generator, homes=homes, days=days, seed=seed, speed=speed, out=out))


@app.command()
def doctor(
    var: Var = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of a table.")] = False,
) -> None:
    """Say what is fine, missing or wrong on this machine, and what mends it."""
    from anju.doctor import doctor as run

    raise typer.Exit(run(var, as_json=as_json))


@app.command()
def migrate(var: Var = None) -> None:
    """Bring the stores to the shape this release needs."""
    from core.db.migrate import migrate as run

    run(settings_with(var))


@app.command(name="import")
def import_(
    source: Annotated[Path, typer.Argument(help="A folder of CSV files, or one .xlsx.")],
    var: Var = None,
    *,
    strict: Annotated[bool, typer.Option("--strict", help="One refused row refuses everything.")] = False,
) -> None:
    """Import an estate's registry; ends with 1 where a row was refused."""
    from anju.importing import run

    raise typer.Exit(run(settings_with(var), source, strict))


@app.command()
def backtest(
    registry: Annotated[Path, typer.Option(exists=True, file_okay=False, help="Folder of the registry's files.")],
    sightings: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="Sightings, .csv or .parquet.")],
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day that is swept.")],
    until: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Day after the last one swept (exclusive).")],
    out: Annotated[Path, typer.Option(file_okay=False, help="Folder for the results; it is made.")],
    parameters: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="CSV: name,value,effective_from,citation.")
    ] = None,
    compare: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="A second set, to see what it would change.")
    ] = None,
) -> None:
    """Judge a past period again under one set of parameters, or compare two before switching."""
    from anju.backtest import run

    run(registry, sightings, first.date(), until.date(), out, parameters=parameters, other=compare)


@app.command()
def evaluate(
    data: Annotated[Path, typer.Option("--data", exists=True, file_okay=False, help="Folder with labels.csv.")],
    out: Annotated[Path | None, typer.Option("--out", help="Where to write; default: beside the data.")] = None,
    models: Annotated[Path | None, typer.Option("--models", exists=True, help="The site's own models file.")] = None,
    fpir: Annotated[float, typer.Option(min=0.0001, max=0.5, help="Share of strangers that may be accepted.")] = 0.01,
) -> None:
    """Measure face recognition on the site's own labelled pictures; writes thresholds and a DET plot."""
    from anju.evaluating import run

    run(data, out, site=models, fpir=fpir, lang=_language())


@app.command(name="look-alikes")
def look_alikes(
    var: Var = None,
    *,
    estate: Annotated[str | None, typer.Option("--estate", help="One estate; default: all.")] = None,
) -> None:
    """List enrolled people whose faces are alike enough to be one person, for somebody to look at."""
    from anju.look_alikes import run

    run(settings_with(var), estate)


@users.command("add")
def add_user(
    user: Annotated[str, typer.Argument(help="Name to sign in with.")],
    name: Annotated[str, typer.Option(help="Name that colleagues see.")],
    role: Annotated[str, typer.Option(help="viewer, property, housing or admin.")],
    estate: Annotated[list[str] | None, typer.Option(help="Estate to work for; may be given again.")] = None,
    var: Var = None,
) -> None:
    """Add a user; the password is drawn, and shown this once."""
    from anju.users import add

    typer.echo(add(settings_with(var), user, name, role, estate or ()))


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def service(context: typer.Context, name: Annotated[str, typer.Argument(help="Which one.")]) -> None:
    """Become one service (containers, systemd): api, recognition, occupancy, or gateway --gateway ID."""
    from anju.launcher.services import SERVICES, command

    if name not in SERVICES:
        raise typer.BadParameter(f"{name!r} is none of: {', '.join(SERVICES)}")
    argv = command(name, *context.args)
    os.execv(argv[0], argv)  # noqa: S606 - the service takes this process over: signals reach it directly


@app.command()
def part(
    name: Annotated[str, typer.Argument(help="nats or valkey.")],
    var: Var = None,
    *,
    listen: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
) -> None:
    """Become the embedded broker (nats) or Redis (valkey), with the port and password of MQTT_URL or REDIS_URL."""
    from anju.part import command_of

    argv = command_of(name, settings_with(var), listen=listen)
    os.execv(argv[0], argv)  # noqa: S606 - as above


@app.command()
def health(what: Annotated[str, typer.Argument(help="service, nats or valkey.")] = "service") -> None:
    """End with 0 where a service or part of this container serves, else with 1 and the reason."""
    from anju.part import health as run

    raise typer.Exit(run(what, load_settings()))


def main() -> None:
    """Run a command; what we refuse is said in words, in the language of the settings, and ends with 2."""
    try:
        app()
    except AnjuError as error:
        Console(stderr=True, soft_wrap=True).print(error.text(_language()), style="bold red", markup=False)
        sys.exit(2)


def _language() -> str:
    """The language of the settings; where they are what is wrong, English."""
    try:
        return load_settings().language
    except AnjuError:
        return "en"


if __name__ == "__main__":
    main()
