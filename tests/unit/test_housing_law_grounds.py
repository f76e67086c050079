"""Grounds and routes: every ground has one route, and every other is refused in words."""

import re

import pytest

from core import texts
from housing.law.grounds import GROUNDS, ROUTES, Ground, Route, WrongRoute, require_route
from occupancy.rules import RULES

ROUTE_OF_ARTICLE = {27: Route.ORDER, 29: Route.SUIT, 30: Route.SUIT, 31: Route.SUIT}  # L7, by hand


def article_of(ground: Ground) -> int:
    found = re.match(r"Order 11 Art\. (\d+)", GROUNDS[ground].article.en)
    assert found is not None
    return int(found[1])


@pytest.mark.parametrize("ground", list(Ground))
@pytest.mark.parametrize("route", list(Route))
def test_every_ground_on_every_route(ground: Ground, route: Route) -> None:
    if ROUTE_OF_ARTICLE[article_of(ground)] is route:
        require_route(ground, route)
        return
    with pytest.raises(WrongRoute) as refused:
        require_route(ground, route)
    right = ROUTES[GROUNDS[ground].route]
    for lang in ("zh", "en"):
        said = refused.value.text(lang)
        details = GROUNDS[ground]
        assert (details.zh if lang == "zh" else details.en) in said
        assert (details.article.zh if lang == "zh" else details.article.en) in said
        assert (right.zh if lang == "zh" else right.en) in said
        assert (right.who_zh if lang == "zh" else right.who_en) in said
    assert refused.value.code == "wrong_route"


def test_all_items_of_the_articles_are_there() -> None:
    cited = {GROUNDS[ground].article.en for ground in Ground}
    items = {f"Order 11 Art. 27({n})" for n in range(1, 6)} | {f"Order 11 Art. 31({n})" for n in range(1, 4)}
    assert cited == items | {"Order 11 Art. 29", "Order 11 Art. 30"}
    assert set(GROUNDS) == set(Ground)
    assert set(ROUTES) == set(Route)


def test_the_numbers_of_articles_are_the_same_in_both_languages() -> None:
    numerals = {27: "二十七", 29: "二十九", 30: "三十", 31: "三十一"}
    for ground in Ground:
        zh = GROUNDS[ground].article.zh
        assert f"第{numerals[article_of(ground)]}条" in zh
        item = re.search(r"\((\d)\)", GROUNDS[ground].article.en)
        found = re.search(r"第（(.)）项", zh)
        assert (found and "零一二三四五".index(found[1])) == (item and int(item[1]))


def test_breaches_are_those_of_article_27() -> None:
    assert {ground for ground in Ground if GROUNDS[ground].is_breach} == {
        Ground.LENT, Ground.SUBLET, Ground.SWAPPED, Ground.USE_CHANGED, Ground.DAMAGED, Ground.ILLEGAL_ACTIVITY,
        Ground.IDLE,
    }  # fmt: skip


def test_only_a_sublet_starts_clock_718() -> None:
    assert [g for g in Ground if "Civil Code 718" in [a.en for a in GROUNDS[g].beside]] == [Ground.SUBLET]


def test_what_the_rules_cite_is_a_ground() -> None:
    cited = {GROUNDS[ground].article.en for ground in Ground}
    bases = {
        basis for rule in RULES.values() for basis in rule.bases if re.match(r"Order 11 Art\. (27|29|30|31)\b", basis)
    }
    assert bases
    assert [basis for basis in bases if not any(article.startswith(basis.split(",")[0]) for article in cited)] == []


def test_grounds_and_routes_have_words() -> None:
    for key in [*(f"law.ground.{g}" for g in Ground), *(f"law.route.{r}" for r in Route)]:
        assert re.search(r"[一-鿿]", texts.render(key, "zh"))
        assert not re.search(r"[一-鿿]", texts.render(key, "en"))
