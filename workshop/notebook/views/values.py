"""How the course's values look when they end a cell, and how its errors look when they end a run.

IPython is told once how to draw each kind of value; the values themselves know nothing of it.
"""

from collections.abc import Callable
from typing import Any

from workshop.course.delivery import Delivery
from workshop.course.exercise import CheckResult
from workshop.course.tools.aws import StackResources
from workshop.deploy.stacks import Deployment
from workshop.diagnosis import Diagnosis
from workshop.errors import WorkshopError
from workshop.notebook.markup.display import Shown, shell
from workshop.notebook.markup.html import code_in, element
from workshop.notebook.markup.texts import wrapped
from workshop.notebook.views.cards import card, pill
from workshop.notebook.views.diagnosis import draw_comparison, draw_diagnosis, draw_reconciliation
from workshop.notebook.views.errors import error_lines, folded_traceback
from workshop.notebook.views.frames import FRAMES, draw_frame
from workshop.notebook.views.resources import draw_resources, no_pipeline
from workshop.notebook.views.totals import TotalsView
from workshop.pipeline.aggregates import AggregateSnapshot
from workshop.pipeline.compare_with_truth import Comparison
from workshop.pipeline.operations.clear import Cleared
from workshop.pipeline.operations.reconcile import Reconciliation
from workshop.pipeline.producer.producer import ProduceResult
from workshop.pipeline.truth import MessageCounts, Truth

__all__ = ["drawn", "teach_ipython", "tell_error"]

# So that nothing is broken twice beside JupyterLab's files on a small screen.
ERROR_WIDTH = 70
# Their method has shown them already.
SHOWN_BEFORE = (Cleared, Deployment, ProduceResult, CheckResult)


def drawn(value: Any) -> Shown:
    """Return the display of a value of the course."""
    return DRAWINGS[type(value)](value)


def teach_ipython() -> None:
    """Tell IPython, if it runs, how values and errors of the workshop look; may be repeated."""
    running = shell()
    if running is None:
        return
    formatter = running.display_formatter
    for shown in SHOWN_BEFORE:
        formatter.ipython_display_formatter.for_type(shown, lambda _: None)
    for kind in DRAWINGS:
        formatter.mimebundle_formatter.for_type(kind, _bundle)
    for module, name in FRAMES:
        formatter.mimebundle_formatter.for_type_by_name(module, name, _frame_bundle)
    running.set_custom_exc((Exception, KeyboardInterrupt), tell_error)


def _bundle(value: Any, include: Any = None, exclude: Any = None) -> dict[str, Any]:  # noqa: ARG001
    return drawn(value)._repr_mimebundle_()


def _frame_bundle(frame: Any, include: Any = None, exclude: Any = None) -> dict[str, Any]:  # noqa: ARG001
    return draw_frame(frame)._repr_mimebundle_()


def tell_error(
    running: Any, kind: type[BaseException], error: BaseException, trace: Any, **_: Any
) -> list[str]:
    """Show an error by what it says and what to do; its traceback, mostly of code by others, is folded."""
    lines = [wrapped(line, width=ERROR_WIDTH) for line in error_lines(error, trace)]
    # IPython shows nothing for a handler of ours.
    running._showtraceback(kind, error, lines)  # noqa: SLF001
    if not isinstance(error, WorkshopError):
        running.display_pub.publish(folded_traceback(error, trace)._repr_mimebundle_())
    return lines


def _delivery(delivery: Delivery) -> Shown:
    sign, tone = ("✗ raised", "bad") if delivery.error else ("✓ answered", "ok")
    title = element("div", pill(f"{sign}", tone), element("span", delivery.function), class_="row")
    return Shown(card(title, element("p", code_in(str(delivery)), class_="prose"), tone=tone), str(delivery))


def _counts(counts: MessageCounts) -> Shown:
    """Return what messages consist of; of the rarer things only those that there are."""
    told = {"messages": counts.messages, "trades": counts.distinct_trades}
    rest = {
        "duplicates": counts.duplicates,
        "newer versions": counts.modified,
        "out of order": counts.out_of_order,
        "cancelled": counts.cancelled,
        "conflicts": counts.conflicts,
    }
    told |= {name: count for name, count in rest.items() if count}
    parts = [element("span", f"{name} ", element("strong", f"{count:,}")) for name, count in told.items()]
    html = card(element("div", *parts, class_="row plainly"))
    return Shown(html, " · ".join(f"{name} {count:,}" for name, count in told.items()))


def _resources(found: StackResources) -> Shown:
    return no_pipeline(found.stack) if found.rows is None else draw_resources(found.stack, found.rows)


def _truth(truth: Truth) -> Shown:
    snapshot = AggregateSnapshot(totals=truth.totals, trades=truth.trades)
    return TotalsView(snapshot, title="What the totals must be", note="from what was sent").draw()


DRAWINGS: dict[type, Callable[[Any], Shown]] = {
    AggregateSnapshot: lambda snapshot: TotalsView(snapshot).draw(),
    Comparison: draw_comparison,
    Delivery: _delivery,
    Diagnosis: draw_diagnosis,
    MessageCounts: _counts,
    Reconciliation: draw_reconciliation,
    StackResources: _resources,
    Truth: _truth,
}
