"""Every route says who may use it, and keeps to it: nobody, too low a role, another estate, a foreign write."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts

from api.access import Needs
from api.app import create_app
from core.clock import ManualClock
from core.db import Store, open_store
from core.db.migrate import migrate
from housing import accounts
from housing import tables as t
from housing.accounts import Role
from tests.api_client import Person, Served, serving, settings_in
from tests.console import ESTATE, PASSWORD, add_users
from tests.factories import NOW

PUBLIC = {
    ("GET", "/"), ("GET", "/sign-in"), ("POST", "/sign-in"), ("POST", "/preferences"), ("POST", "/api/v1/session"),
}  # fmt: skip
USER_OF = {Role.VIEWER: "viewer", Role.PROPERTY: "desk", Role.HOUSING: "officer", Role.ADMIN: "admin"}


def _needs(dependant: Dependant) -> Iterator[Needs]:
    if isinstance(dependant.call, Needs):
        yield dependant.call
    for inner in dependant.dependencies:
        yield from _needs(inner)


def _routes() -> dict[tuple[str, str], set[Needs]]:
    """Every route of the application by method and path, with what it needs."""
    app = create_app(settings_in(Path("nowhere")), encoder=None, clock=ManualClock(NOW))
    found: dict[tuple[str, str], set[Needs]] = {}
    for context in iter_route_contexts(app.routes):
        if isinstance(context.original_route, APIRoute):
            needs = set(_needs(context.dependant))
            found |= {(method, context.path or ""): needs for method in context.methods or ()}
        else:
            assert context.path == "/static", f"{context.path} is no route of ours"
    return found


ROUTES = _routes()
GUARDED = sorted(ROUTES.keys() - PUBLIC)


def test_every_route_declares_one_role() -> None:
    without = [key for key, needs in ROUTES.items() if len(needs) != 1 and key not in PUBLIC]
    assert without == []
    assert all(not ROUTES[key] for key in PUBLIC), "a public route is listed as public and needs nobody"
    assert len(GUARDED) > 50


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    settings = settings_in(tmp_path_factory.mktemp("var"))
    migrate(settings)
    engine = open_store(settings, Store.HOUSING)
    with engine.begin() as connection:
        connection.execute(t.estates.insert(), [{"estate": ESTATE, "name": "清溪苑"}])
        add_users(connection, NOW)
    engine.dispose()
    with serving(settings, ManualClock(NOW)) as running:
        yield running


@pytest.fixture(scope="module")
def people(served: Served) -> dict[str, Person]:
    return {user: served.person(user, "door") for user in (*USER_OF.values(), "stranger")}


def address(path: str, estate: str = ESTATE) -> str:
    """The path with something in every place."""
    for name in ("home", "person", "alert", "gateway", "run"):
        path = path.replace(f"{{{name}:path}}", "x").replace(f"{{{name}}}", "x")
    return path.replace("{estate}", estate)


@pytest.mark.parametrize(("method", "path"), GUARDED)
def test_nobody_gets_nothing(served: Served, method: str, path: str) -> None:
    answer = served.anybody().ask(method, address(path))
    assert answer.status_code == 401
    assert ("problem+json" in answer.headers["content-type"]) == path.startswith("/api/")


@pytest.mark.parametrize(("method", "path"), [key for key in GUARDED if key not in PUBLIC])
def test_a_role_too_low_is_refused(people: dict[str, Person], method: str, path: str) -> None:
    (needs,) = ROUTES[method, path]
    lower = [user for role, user in USER_OF.items() if role < needs.role]
    for user in lower:
        assert people[user].ask(method, address(path)).status_code == 403, f"{user} may not {method} {path}"


@pytest.mark.parametrize(("method", "path"), [key for key in GUARDED if "{estate}" in key[1]])
def test_another_estate_is_not_there(people: dict[str, Person], method: str, path: str) -> None:
    (needs,) = ROUTES[method, path]
    if needs.role <= Role.HOUSING:
        assert people["stranger"].ask(method, address(path)).status_code == 404
    assert people["admin"].ask(method, address(path, "nowhere")).status_code in {403, 404, 422}


@pytest.mark.parametrize(("method", "path"), [key for key in GUARDED if key[0] not in {"GET", "HEAD"}])
def test_a_write_without_its_token_or_from_elsewhere_is_refused(
    served: Served, people: dict[str, Person], method: str, path: str
) -> None:
    (needs,) = ROUTES[method, path]
    person = people[USER_OF[needs.role]]
    for headers in (
        {"X-CSRF-Token": "guessed"}, {"Origin": "http://elsewhere.test"}, {"Sec-Fetch-Site": "cross-site"},
    ):  # fmt: skip
        answer = person.ask(method, address(path), headers=headers)
        assert answer.status_code == 403, f"{method} {path} with {headers}"


def test_routes_of_personal_records_are_those_we_know() -> None:
    """A new route about people is added here, or it is not about people."""
    personal = {path for (_method, path), needs in ROUTES.items() if any(n.records for n in needs)}
    about_people = (
        "people",
        "homes",
        "sightings",
        "presence",
        "events",
        "consents",
        "templates",
        "withdrawals",
        "fingers",
    )
    assert personal == {path for _, path in ROUTES if any(f"/{{estate}}/{w}" in path for w in about_people)}


def test_an_administrator_of_one_estate_does_not_administer_all(served: Served) -> None:
    with served.app.state.context.writing() as connection:
        accounts.add_user(
            connection, user="local", name="本地管理员", role=Role.ADMIN, estates=[ESTATE], password=PASSWORD,
            actor="seed", now=NOW,
        )  # fmt: skip
    local = served.person("local")
    for path in ("/imports", "/audit", "/api/v1/audit", "/api/v1/imports", "/api/v1/rejected"):
        assert local.get(path).status_code == 403
