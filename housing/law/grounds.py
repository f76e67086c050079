"""Why a home is to be given back, and by which way that may be demanded: the grounds and their routes (L1, L4 to L7).

Order 11 gives the housing authority an order and then the court's enforcement for the breaches of its Art. 27, and the
owner or operator a civil suit for Arts. 29, 30 and 31. Neither may take the other's way.
"""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from core.errors import AnjuError


class WrongRoute(AnjuError):
    """A ground was to be followed on a route that the law does not give for it."""

    code = "wrong_route"


class Route(StrEnum):
    """How the return of a home is demanded where the tenant does not give it back."""

    ORDER = "order"
    SUIT = "suit"


class RouteDetails(msgspec.Struct, frozen=True, kw_only=True):
    """What a route is, and whose it is."""

    zh: str
    en: str
    who_zh: str
    who_en: str


ROUTES: Mapping[Route, RouteDetails] = {
    Route.ORDER: RouteDetails(
        zh="责令限期退回，逾期不退回的申请人民法院强制执行",
        en="order to return by a day, then enforcement by the court",
        who_zh="市、县级人民政府住房保障主管部门",
        who_en="the housing authority",
    ),
    Route.SUIT: RouteDetails(
        zh="向人民法院提起诉讼，要求腾退",
        en="civil suit for the home to be vacated",
        who_zh="公共租赁住房的所有权人或者其委托的运营单位",
        who_en="the owner or the operator it has charged",
    ),
}


class Article(msgspec.Struct, frozen=True):
    """A place in the law, as findings and letters cite it."""

    zh: str
    en: str


class Ground(StrEnum):
    """Why a home is to be given back. An approved swap or a co-resident's staying on is none of them (L10)."""

    LENT = "lent"
    SUBLET = "sublet"
    SWAPPED = "swapped"
    USE_CHANGED = "use_changed"
    DAMAGED = "damaged"
    ILLEGAL_ACTIVITY = "illegal_activity"
    IDLE = "idle"
    ARREARS = "arrears"
    NOT_RENEWED = "not_renewed"
    RENEWAL_REFUSED = "renewal_refused"
    OTHER_HOME = "other_home"
    OTHER_SUBSIDISED_HOME = "other_subsidised_home"


class GroundDetails(msgspec.Struct, frozen=True, kw_only=True):
    """A ground in words, the article that makes it one, what the Civil Code adds, and its only route."""

    zh: str
    en: str
    article: Article
    route: Route
    beside: tuple[Article, ...] = ()

    @property
    def is_breach(self) -> bool:
        """Whether Art. 36 attaches market rent, a fine and the ban to it: the breaches of Art. 27 and no others."""
        return self.route is Route.ORDER


_NUMERALS = {27: "二十七", 29: "二十九", 30: "三十", 31: "三十一"}
_ITEMS = "零一二三四五"


def _order_11(article: int, item: int = 0) -> Article:
    zh = f"《公共租赁住房管理办法》第{_NUMERALS[article]}条"
    if not item:
        return Article(zh, f"Order 11 Art. {article}")
    return Article(f"{zh}第一款第（{_ITEMS[item]}）项", f"Order 11 Art. {article}({item})")


CC_711 = Article("《民法典》第七百一十一条", "Civil Code 711")
CC_715 = Article("《民法典》第七百一十五条", "Civil Code 715")
CC_716 = Article("《民法典》第七百一十六条", "Civil Code 716")
CC_718 = Article("《民法典》第七百一十八条", "Civil Code 718")
CC_722 = Article("《民法典》第七百二十二条", "Civil Code 722")
CC_734 = Article("《民法典》第七百三十四条", "Civil Code 734")

GROUNDS: Mapping[Ground, GroundDetails] = {
    Ground.LENT: GroundDetails(
        zh="转借所承租的公共租赁住房", en="lent to somebody else", article=_order_11(27, 1), route=Route.ORDER
    ),
    Ground.SUBLET: GroundDetails(
        zh="转租所承租的公共租赁住房", en="sublet", article=_order_11(27, 1), route=Route.ORDER, beside=(CC_716, CC_718)
    ),
    Ground.SWAPPED: GroundDetails(
        zh="擅自调换所承租的公共租赁住房", en="swapped without consent", article=_order_11(27, 1), route=Route.ORDER
    ),
    Ground.USE_CHANGED: GroundDetails(
        zh="改变所承租公共租赁住房用途", en="its use changed", article=_order_11(27, 2), route=Route.ORDER,
        beside=(CC_711,),
    ),
    Ground.DAMAGED: GroundDetails(
        zh="破坏或者擅自装修所承租公共租赁住房，拒不恢复原状",
        en="damaged, or refitted without consent, and not restored",
        article=_order_11(27, 3), route=Route.ORDER, beside=(CC_715,),
    ),
    Ground.ILLEGAL_ACTIVITY: GroundDetails(
        zh="在公共租赁住房内从事违法活动", en="illegal activity in the home",
        article=_order_11(27, 4), route=Route.ORDER,
    ),
    Ground.IDLE: GroundDetails(
        zh="无正当理由连续闲置公共租赁住房达到规定月数", en="idle for the months of the law without good reason",
        article=_order_11(27, 5), route=Route.ORDER,
    ),
    Ground.ARREARS: GroundDetails(
        zh="累计拖欠租金达到规定月数", en="rent owed for the months of the law, cumulative",
        article=_order_11(29), route=Route.SUIT, beside=(CC_722,),
    ),
    Ground.NOT_RENEWED: GroundDetails(
        zh="租赁期满未按规定申请续租", en="the term is over and no renewal was applied for in time",
        article=_order_11(30), route=Route.SUIT, beside=(CC_734,),
    ),
    Ground.RENEWAL_REFUSED: GroundDetails(
        zh="申请续租但经审核不符合条件", en="renewal was applied for and refused", article=_order_11(31, 1),
        route=Route.SUIT, beside=(CC_734,),
    ),
    Ground.OTHER_HOME: GroundDetails(
        zh="租赁期内获得其他住房并不再符合配租条件", en="another home was acquired, so that the conditions are not met",
        article=_order_11(31, 2), route=Route.SUIT,
    ),
    Ground.OTHER_SUBSIDISED_HOME: GroundDetails(
        zh="租赁期内承租或者承购其他保障性住房", en="another subsidised home was rented or bought",
        article=_order_11(31, 3), route=Route.SUIT,
    ),
}  # fmt: skip


def require_route(ground: Ground, route: Route) -> None:
    """Raise WrongRoute unless the law gives `route` for `ground` (L7)."""
    details = GROUNDS[ground]
    if route is details.route:
        return
    wrong, right = ROUTES[route], ROUTES[details.route]
    raise WrongRoute(
        f"“{details.zh}”（{details.article.zh}）不适用“{wrong.zh}”。",
        f"{details.article.en} ({details.en}) does not give this route: {wrong.en}.",
        mend_zh=f"应由{right.who_zh}{right.zh}。",
        mend_en=f"The route is: {right.en}, by {right.who_en}.",
    )
