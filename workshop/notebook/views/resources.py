"""The resource map: what CloudFormation made for a stack, in the order in which a trade passes it.

In go the rows of ListStackResources, out comes a display. Nothing is read here.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from workshop.notebook.markup.display import Shown
from workshop.notebook.markup.html import code_in, element, join, table
from workshop.notebook.markup.texts import plain_table
from workshop.notebook.views.cards import card

__all__ = ["draw_resources", "no_pipeline"]

# What belongs to which part of the pipeline, by how a logical id begins; the first that fits counts.
PARTS = (
    ("Producer and stream", ("IncomingDataStream", "ProducerPolicy", "StreamThrottles")),
    ("Stage 1: state", ("State",)),
    ("Stage 2: map", ("Map", "ReduceTable")),
    ("Stage 3: reduce", ("Reduce", "AggregateTable")),
    ("Front end", ("FrontEnd",)),
)
REST = "Shared by the stages"
HEADS = ("Logical id", "Type", "Name in the cloud", "Status")


def draw_resources(stack: str, rows: Sequence[Mapping[str, Any]]) -> Shown:
    """Return the map; each row has LogicalResourceId, ResourceType, ResourceStatus, PhysicalResourceId."""
    groups: dict[str, list[tuple[str, ...]]] = {name: [] for name in (*(part for part, _ in PARTS), REST)}
    for row in rows:
        groups[_part_of(row["LogicalResourceId"])].append(_cells(row))
    count = f"{len(rows)} {'resource' if len(rows) == 1 else 'resources'}"
    title = f"Stack {stack}: {count}"
    drawn, texts = [element("p", element("strong", title))], [title]
    for name, cells in groups.items():
        if not cells:
            continue
        heads = [(HEADS[0], "tight"), (HEADS[1], "tight"), (HEADS[2], "id"), (HEADS[3], "tight")]
        body = table(heads, [("", [element("strong", row[0]), *row[1:3], _status(row[3])]) for row in cells])
        summary = element(
            "summary", element("strong", name), element("span", f" · {len(cells)}", class_="soft")
        )
        drawn.append(element("details", summary, body, open=name.startswith(("Producer", "Stage"))))
        texts += ["", name, plain_table(HEADS, cells)]
    return Shown(element("div", join(drawn)), "\n".join(texts))


def no_pipeline(stack: str) -> Shown:
    """Return what to show in place of a pipeline whose stack is not deployed."""
    title, told = "There is no pipeline yet", f"The stack `{stack}` is not there; `ws.deploy()` makes it."
    return Shown(card(title, code_in(told)), f"{title}. {told}")


def _part_of(logical_id: str) -> str:
    return next((name for name, starts in PARTS if logical_id.startswith(starts)), REST)


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    kind = row["ResourceType"].removeprefix("AWS::").replace("::", " ")
    return (
        row["LogicalResourceId"],
        kind,
        row.get("PhysicalResourceId", ""),
        row["ResourceStatus"].replace("_", " ").capitalize(),
    )


def _status(text: str) -> object:
    sign, tone = ("✗", "bad") if "failed" in text else ("✓", "ok") if "complete" in text else ("◐", "warn")
    return element("span", f"{sign} {text}", class_=f"word {tone}")
