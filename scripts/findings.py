"""Writes docs/findings.md: ten findings of a small made-up estate as the pages word them, with what to do about each.

    python -m scripts.findings

The estate is always the same (one seed) and goes through the back-test like any other; which home stands for which
example is chosen by what was played there and what the rules made of it, never by hand. Takes about 20 seconds, so it
is run after the rules have changed and not by `make docs`.
"""

import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

import msgspec

from api import words
from core.texts import render
from occupancy import backtest
from occupancy.findings import Finding
from occupancy.rules.base import Reason
from simulators import lives
from simulators.sensing import sense
from simulators.streams import Stream, Truth

CHOSEN = Path(__file__).with_suffix(".toml")
PAGE = Path(__file__).parents[1] / "docs" / "findings.md"
SEED, HOMES, START, DAYS = 12, 150, date(2025, 6, 1), 330
MISSED = 0.1
JUST_AFTER = timedelta(days=14)
SHARES = lives.Shares(swap=0.06, sublet_room=0.05, idle=0.03, overstay=0.03, keys_kept=0.03, welfare=0.03)
TOP = """# Ten findings, good and contested

<!-- Written by `python -m scripts.findings`; the comments stand in scripts/findings.toml. -->

What the machine says about a home, as staff read it, with what was really so beside it. The estate is made up
({homes} homes, {days} days from {start}, {missed} % of reads missed) and has far more of everything than life has. A
finding accuses nobody: it asks a person to look. Where the truth is another than the finding, that is said, for those
are the cases that matter.

这里用一个模拟小区（{homes}户、{days}天）说明系统如何表述线索，并附上真实情况与处理建议。线索不等于结论，是否违规由工作人员核实后决定。
"""


class Example(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A finding worth showing; the fields are told in the file."""

    kind: str
    flagged: bool
    scenarios: tuple[str, ...]
    title_zh: str
    title_en: str
    so_zh: str
    so_en: str
    comment_zh: str
    comment_en: str


class Chosen(msgspec.Struct, frozen=True):
    """The file of examples."""

    examples: tuple[Example, ...]


def chosen() -> tuple[Example, ...]:
    """The examples, in the order of the page."""
    return msgspec.toml.decode(CHOSEN.read_bytes(), type=Chosen).examples


def main() -> None:
    """Write the page; says on standard error for which example this estate has none."""
    made = estate()
    result = backtest.compare(made.registry, made.sightings, made.start, made.start + timedelta(days=made.days))
    page, missing = page_of(result.findings[0], made.truth, chosen())
    PAGE.write_text(page, "utf-8")
    for example in missing:
        sys.stderr.write(f"no finding for: {example.title_en}\n")


def estate() -> Stream:
    """The stream the examples are taken from."""
    made = lives.make(SEED, HOMES, START, DAYS, prevalence=0.12, shares=SHARES)
    return sense(made, SEED, missed=MISSED)


def page_of(
    findings: Sequence[Finding], truths: Sequence[Truth], examples: Iterable[Example]
) -> tuple[str, list[Example]]:
    """The page, and the examples that nothing was found for."""
    top = TOP.format(homes=HOMES, days=DAYS, start=START, missed=round(100 * MISSED))
    sections, missing, shown = [top], [], set[str]()
    for example in examples:
        found = next(candidates(findings, truths, example, shown), None)
        if found is None:
            missing.append(example)
            continue
        finding, truth = found
        shown.add(finding.home)
        sections.append("\n".join(section(len(sections), example, finding, truth)))
    return "\n".join(sections), missing


def candidates(
    findings: Sequence[Finding], truths: Sequence[Truth], example: Example, shown: set[str]
) -> Iterator[tuple[Finding, Truth]]:
    """The first finding of each home that fits an example, the plainest history first; a home is shown once."""
    newest_first = sorted(findings, key=lambda finding: finding.stages[0].on, reverse=True)
    fitting = (
        one for one in newest_first
        if one.kind == example.kind and (one.flagged_on is not None) is example.flagged and one.home not in shown
    )  # fmt: skip
    for finding in sorted({one.home: one for one in fitting}.values(), key=_plainness):
        on = finding.flagged_on or finding.stages[-1].on
        there = [row for row in truths if row.home == finding.home and _is_so(row, on)]
        labelled = [row for row in there if row.label]
        nothing = Truth(home=finding.home, household="", scenario="usual")
        for truth in labelled or there or [nothing]:
            if truth.scenario in example.scenarios:
                yield finding, truth
                break


def _plainness(finding: Finding) -> tuple[bool, int, int, str]:
    fell_back = finding.flagged_on is not None and finding.stage == "watch"
    return fell_back, len(finding.stages), -len(finding.evidence) - len(finding.counter_evidence), finding.home


def _is_so(truth: Truth, on: date) -> bool:
    begun = truth.since is None or truth.since <= on
    return begun and (truth.until is None or on < truth.until + JUST_AFTER)


def section(number: int, example: Example, finding: Finding, truth: Truth) -> Iterator[str]:
    """One finding, as Markdown lines."""
    kind, stage = ([words.word(of, code, lang) for lang in ("zh", "en")] for of, code in (
        ("kind", finding.kind), ("stage", finding.stage),
    ))  # fmt: skip
    yield f"## {number}. {example.title_zh} · {example.title_en}"
    yield ""
    stages = "; ".join(f"{words.word('stage', step.stage, 'en')} {step.on}" for step in finding.stages)
    yield f"**{kind[0]}**（{stage[0]}） · **{kind[1]}** ({stage[1]})"
    yield ""
    yield "| | |"
    yield "| --- | --- |"
    yield f"| 始于 began | {finding.onset}（{finding.onset_low}～{finding.onset_high}） |"
    yield f"| 经过 stages | {stages} |"
    yield f"| 可能性 probability | {_percent(finding.probability)} |"
    yield f"| 依据 basis | {words.law(finding.legal_basis, 'zh')}；{words.law(finding.legal_basis, 'en')} |"
    yield ""
    yield from _told("理由 For", finding.evidence)
    yield from _told("反面情况 Against", finding.counter_evidence)
    since = f", since {truth.since}" if truth.since else ""
    yield f"**实情 What was so:** {example.so_zh} {example.so_en} (`{truth.scenario}`{since})"
    yield ""
    yield f"> {example.comment_zh}"
    yield ">"
    yield f"> {example.comment_en}"
    yield ""


def _percent(probability: float) -> str:
    """Nothing is certain: not more than 99 %, not less than 1."""
    return f"{min(max(probability, 0.01), 0.99):.0%}"


def _told(title: str, reasons: Sequence[Reason]) -> Iterator[str]:
    yield f"**{title}**"
    yield ""
    if not reasons:
        yield "- 无。None."
    for reason in reasons:
        zh, en = (render(reason.kind, lang, **reason.values) for lang in ("zh", "en"))
        yield f"- {zh} {en}"
    yield ""


if __name__ == "__main__":
    main()
