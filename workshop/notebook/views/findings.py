"""What the checks of `workshop doctor` found, one line each, with what mends it."""

from collections.abc import Iterable

from workshop.kit.findings import Grade, Preflight
from workshop.notebook.markup.display import Shown
from workshop.notebook.markup.html import code_in, element, join
from workshop.notebook.views.cards import card, pill

__all__ = ["draw_findings"]

SIGNS = {Grade.GOOD: ("✓", "ok"), Grade.WARNING: ("▲", "warn"), Grade.PROBLEM: ("✗", "bad")}


def draw_findings(findings: Iterable[Preflight]) -> Shown:
    """Return one line for each finding."""
    drawn, texts = [], []
    for finding in findings:
        sign, tone = SIGNS[finding.grade]
        label = f"{sign} {finding.check}"
        told = finding.seen + (f" → {finding.fix}" if finding.fix else "")
        drawn.append(element("div", pill(label, tone), element("span", code_in(told)), class_="row"))
        texts.append(f"{label}: {told}")
    return Shown(card("Your machine", join(drawn)), "\n".join(texts))
