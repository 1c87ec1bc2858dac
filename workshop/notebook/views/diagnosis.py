"""Shows why a total is wrong: the cells that differ, the most likely cause, and what else it may be.

The diagnosis, a comparison or a reconciliation is turned into a display. Nothing is judged here.
"""

from collections.abc import Sequence

from workshop.diagnosis import Cause, Diagnosis
from workshop.notebook.markup.cells import shown_path
from workshop.notebook.markup.display import Shown
from workshop.notebook.markup.html import Html, code_in, element, join, table
from workshop.notebook.markup.texts import MINUS, plain_table, plural, wrapped
from workshop.notebook.views.cards import card, pill, status_line
from workshop.notebook.views.totals import signed
from workshop.pipeline.compare_with_truth import Comparison, Difference
from workshop.pipeline.operations.reconcile import Reconciliation
from workshop.pipeline.tables import format_amount
from workshop.pipeline.truth import GRAND_TOTAL

__all__ = ["draw_comparison", "draw_diagnosis", "draw_reconciliation"]

HEADS = ("Total", "Should be", "Is", "Off by", "Trades off by")
LONGEST = 20
EXACT = "Every total is right to the cent, and so is every count."
NOTHING = "no live trade was sent since the pipeline was emptied or deployed, and no total is there"


def draw_diagnosis(diagnosis: Diagnosis) -> Shown:
    """Return what is wrong and why."""
    if diagnosis.exact:
        return _exact(diagnosis)
    causes = [*diagnosis.causes, *diagnosis.alternatives]
    title = element("div", pill("✗ Not exact", "bad"), element("span", _headline(diagnosis)), class_="row")
    # Several causes are a list, below the summary's first line, which says what is wrong.
    is_listed = len(causes) > 1
    said = diagnosis.summary.partition("\n")[0] if is_listed else diagnosis.summary
    body = join(
        [
            element("p", code_in(said), class_="prose"),
            element("ol", *(_cause(each) for each in causes[:4])) if is_listed else Html(""),
            element(
                "details",
                element("summary", f"{_that_differ(diagnosis.cells, 'that ')}"),
                _cells(diagnosis.cells),
            ),
        ]
    )
    text = f"✗ Not exact: {_headline(diagnosis)}\n{wrapped(diagnosis.summary)}\n{_plain(diagnosis.cells)}"
    return Shown(card(title, body, tone="bad"), text)


def draw_comparison(comparison: Comparison) -> Shown:
    """Return where totals and truth differ."""
    if comparison.exact:
        return _exact(comparison)
    facts = [_that_differ(comparison.differences)]
    facts += [f"{plural(comparison.lost, 'message')} missing"] if comparison.lost else []
    facts += [f"{plural(comparison.duplicated, 'message')} too many"] if comparison.duplicated else []
    return _bad(", ".join(facts), comparison.differences, comparison.held_up)


def draw_reconciliation(found: Reconciliation) -> Shown:
    """Return how AggregateTable stands to the sum over StateTable."""
    moving = " Messages were still on their way." if found.is_moving else ""
    if found.exact:
        return _good(
            f"AggregateTable equals the sum over the {plural(found.trades, 'trade')} in StateTable.{moving}"
        )
    torn = [f"{shown_path(each.path)} is not the sum of what is below it" for each in found.torn]
    headline = "AggregateTable differs from the sum over StateTable"
    return _bad("; ".join([headline, *torn[:3]]) + moving, found.comparison.differences)


def _exact(found: Diagnosis | Comparison) -> Shown:
    # Empty totals are right, too, but whoever has just begun anew must not take that for a result.
    if found.held_up:
        return status_line("▲ Exact so far", f"{EXACT} But {found.held_up}.", "warn")
    return status_line("○ Nothing to judge", NOTHING, "info") if found.is_of_nothing else _good(EXACT)


def _good(text: str) -> Shown:
    title = element("div", pill("✓ Exact", "ok"), element("span", text), class_="row")
    return Shown(card(title, tone="ok"), f"✓ Exact: {text}")


def _bad(headline: str, differences: Sequence[Difference], held_up: str = "") -> Shown:
    title = element("div", pill("✗ Not exact", "bad"), element("span", headline), class_="row")
    why = f"{held_up[0].upper()}{held_up[1:]}." if held_up else ""
    told = element("p", code_in(why), class_="prose") if why else ""
    text = "\n".join(filter(None, [f"✗ Not exact: {headline}", why, _plain(differences)]))
    return Shown(card(title, join([told, _cells(differences)]), tone="bad"), text)


def _headline(diagnosis: Diagnosis) -> str:
    if not diagnosis.causes:
        return "the cause is unknown"
    if len(diagnosis.causes) > 1:
        # None of them alone is the reason, and the first need not be the one that costs most.
        return f"{len(diagnosis.causes)} causes together"
    cause = diagnosis.causes[0]
    return f"{cause.kind.value} ({cause.confidence.value})"


def _cause(cause: Cause) -> Html:
    head = element("strong", cause.kind.value)
    return element("li", head, f" ({cause.confidence.value}): ", code_in(cause.sentence))


def _rows(differences: Sequence[Difference]) -> list[tuple[str, ...]]:
    return [
        (
            shown_path(each.path),
            format_amount(each.expected, grouped=True),
            format_amount(each.found, grouped=True),
            signed(each.amount),
            _trades(each),
        )
        for each in differences[:LONGEST]
    ]


def _cells(differences: Sequence[Difference]) -> Html:
    rows = _rows(differences)
    # Where all trades are right, or none were counted, nothing stands in the last column.
    used = len(HEADS) if any(row[-1] for row in rows) else len(HEADS) - 1
    heads = list(zip(HEADS, ("", "num", "num", "num", "num"), strict=True))[:used]
    more = len(differences) - LONGEST
    return join(
        [
            table(
                heads,
                [
                    (_weight(each.path), [*row[:3], element("span", row[3], class_="word bad"), *row[4:used]])
                    for each, row in zip(differences, rows, strict=False)
                ],
            ),
            element("p", f"… and {more:,} more", class_="soft") if more > 0 else "",
        ]
    )


def _that_differ(differences: Sequence[Difference], that: str = "") -> str:
    return f"{plural(len(differences), 'total')} {that}differ{'s' if len(differences) == 1 else ''}"


def _trades(each: Difference) -> str:
    if each.found_trades is None or each.found_trades == each.expected_trades:
        return ""
    return f"{each.found_trades - each.expected_trades:+,}".replace("-", MINUS)


def _weight(path: str) -> str:
    return "sum" if path == GRAND_TOTAL else "" if ":" in path else "top"


def _plain(differences: Sequence[Difference]) -> str:
    more = len(differences) - LONGEST
    drawn = plain_table(HEADS, _rows(differences), right=range(1, 5))
    return drawn + (f"\n… and {more:,} more" if more > 0 else "")
