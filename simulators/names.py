"""Plausible Chinese names: surnames by how common they are, given names by generation and gender.

Surname shares follow the Ministry of Public Security's name reports (2019–2021) in rough figures; the given names are
those the reports list as frequent in each generation. Nobody in particular is meant.
"""

import numpy as np
from numpy.typing import NDArray

_SURNAMES = (
    "王72 李72 张68 刘53 陈48 杨31 黄25 赵24 吴22 周21 徐17 孙16 马15 朱14 胡14 郭13 何13 林13 高12 罗12 "
    "郑11 梁11 谢10 宋9 唐9 许8 韩8 邓8 冯8 曹7 彭7 曾7 肖7 田7 董7 潘6 袁6 蔡6 蒋6 余6 "
    "于6 杜6 叶6 程5 魏5 苏5 吕5 丁5 任5 卢5 姚5 沈5 钟5 姜5 崔4 谭4 陆4 范4 汪4 廖4 "
    "石4 金4 韦9 贾4 夏4 付4 方4 邹4 熊4 白4 孟4 秦6 邱4 侯4 江4 尹4 薛4 闫4 段4 雷4 "
    "龙5 黎4 史3 陶3 贺3 毛3 郝3 顾3 龚3 邵3 万3 覃5 武3 钱3 莫5 欧阳1"
)
_BEFORE_1965 = (
    "秀英 桂英 秀兰 玉兰 桂兰 淑珍 玉珍 秀珍 玉英 凤英 桂珍 素珍 淑英 秀芳 桂芝 玉梅 凤兰 秀云 桂香 淑华",
    "建国 国华 国强 志明 德明 建华 建军 文明 国荣 永福 福生 德华 志强 玉林 金生 家明 水生 明德 长林 世荣",
)
_BEFORE_1985 = (
    "丽 敏 静 燕 艳 红 丽娟 秀梅 海燕 丽华 春梅 小红 玉华 晓燕 金凤 红梅 丽萍 桂花 小玲 雪梅",
    "伟 勇 军 磊 强 杰 涛 明 超 刚 建平 志勇 建军 海波 志强 晓东 国栋 永强 家伟 小龙",
)
_BEFORE_2005 = (
    "婷 婷婷 雪 倩 丹 静怡 佳慧 思琪 晓雯 雨婷 欣怡 嘉欣 梦婷 佩珊 诗雅 慧敏 晓彤 美玲 文静 佳怡",
    "浩 鑫 俊杰 宇 鹏 凯 志豪 家豪 文杰 俊 浩然 子豪 伟杰 宇航 嘉俊 博文 天宇 俊豪 明辉 志鹏",
)
_SINCE = (
    "梓涵 一诺 欣妍 诗涵 依诺 雨桐 可馨 梓萱 语桐 若汐 佳琪 思涵 沐瑶 芷晴 雅婷 心怡 雨萱 子涵 书瑶 语嫣",
    "浩宇 子轩 宇轩 浩然 梓豪 俊熙 奕辰 宇泽 沐宸 子睿 铭轩 睿哲 梓睿 俊豪 浩轩 子墨 宇辰 博涵 一鸣 家乐",
)
_GENERATIONS = (_BEFORE_1965, _BEFORE_1985, _BEFORE_2005, _SINCE)
_STARTS = np.array([1965, 1985, 2005])

SURNAMES: NDArray[np.str_] = np.array([part.rstrip("0123456789") for part in _SURNAMES.split()])
_WEIGHTS = np.array([float(part.lstrip("".join(SURNAMES))) for part in _SURNAMES.split()])
_GIVEN: NDArray[np.str_] = np.array([[words.split() for words in pair] for pair in _GENERATIONS])  # (4, 2, 20)


def draw_surnames(rng: np.random.Generator, count: int) -> NDArray[np.str_]:
    """(count,) surnames, common ones more often."""
    return rng.choice(SURNAMES, size=count, p=_WEIGHTS / _WEIGHTS.sum())


def draw_given(rng: np.random.Generator, born_year: NDArray[np.int64], male: NDArray[np.bool_]) -> NDArray[np.str_]:
    """(n,) given names of people born in `born_year` (n,); `male` (n,) bool."""
    generation = np.searchsorted(_STARTS, born_year, side="right")
    pick = rng.integers(0, _GIVEN.shape[2], size=len(born_year))
    drawn: NDArray[np.str_] = _GIVEN[generation, male.astype(np.int64), pick]
    return drawn
