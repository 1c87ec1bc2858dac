"""What the panels hold: which sliders there are, their plain twins, and the faults in force as a table."""

from collections.abc import Mapping, Sequence

from workshop.cloud.fault_plan import STAGES, FaultKind, FaultPlan
from workshop.errors import ConfigurationError
from workshop.notebook.controls.widgets import Slider
from workshop.notebook.markup.display import Shown
from workshop.notebook.markup.html import code_in, element, join, table
from workshop.notebook.markup.texts import plain_table, plural
from workshop.notebook.views.cards import card, pill
from workshop.pipeline.operations.live_faults import LiveFaults

__all__ = ["FAULTS", "PRODUCER", "draw_faults", "fault_words", "panel_twin", "plan_of_faults"]

PRODUCER: Mapping[str, Slider] = {
    "messages": Slider("Messages", 10, 5_000, 500, step=10),
    "rate": Slider("Messages per second", 10, 1_000, 100, step=10),
    "duplicates": Slider("Sent twice, %", 0, 50, 0),
    "modify": Slider("Newer versions, %", 0, 50, 0),
    "out_of_order": Slider("of these out of order, %", 0, 100, 0),
}
FAULTS: Mapping[str, Slider] = {
    "crash_before": Slider("Crash before a write", 0, 0.5, 0, step=0.01, unit="%"),
    "crash_after": Slider("Crash after a write", 0, 0.5, 0, step=0.01, unit="%"),
    "timeout": Slider("Time out", 0, 0.5, 0, step=0.01, unit="%"),
    "duplicate": Slider("Deliver a batch twice", 0, 0.5, 0, step=0.01, unit="%"),
    "re_batched": Slider("Cut a batch differently", 0, 0.5, 0, step=0.01, unit="%"),
    "bisected": Slider("Deliver a batch in halves", 0, 0.5, 0, step=0.01, unit="%"),
}
# At StateLambda there is an opportunity for every message, elsewhere for every batch.
ONCE_PER_MESSAGE = ("crash_before", "crash_after", "timeout")
STATE_SHARE = 0.01


def fault_words(values: Mapping[str, float]) -> list[str]:
    """Return the plan that sliders stand for, in the words of `workshop faults`."""
    words = [f"{name}={value:g}" for name, value in values.items() if value]
    words += [f"{name}@state={values[name] * STATE_SHARE:g}" for name in ONCE_PER_MESSAGE if values.get(name)]
    return words


def plan_of_faults(words: object) -> FaultPlan:
    """Return the plan of words such as `crash_after@map=0.1`, one or several.

    Raises:
        ConfigurationError: a word is none, or names a stage that no pipeline has.
    """
    given = [words] if isinstance(words, str) else words
    if not isinstance(given, list | tuple) or not all(isinstance(each, str) for each in given):
        raise ConfigurationError(f'faults are words such as "lab" or "crash_after@map=0.1", not `{words!r}`')
    plan = FaultPlan.from_words(given)
    stages = [name.partition("@")[2].partition("#")[0] for name in (*plan.rates, *plan.strikes)]
    if strange := [stage for stage in stages if stage and stage not in STAGES]:
        raise ConfigurationError(f"no stage is called `{strange[0]}`; choose from {', '.join(STAGES)}")
    return plan


def panel_twin(title: str, sliders: Mapping[str, Slider], call: str) -> Shown:
    """Return what a panel can do, for whoever has no sliders."""
    rows = [
        [each.label, name, _told(each.low, each), _told(each.high, each)] for name, each in sliders.items()
    ]
    heads = ("Slider", "Name", "From", "To")
    styles = ("", "id", "num", "num")
    inside = table(list(zip(heads, styles, strict=True)), [("", row) for row in rows])
    body = join(
        [
            element("p", code_in(f"Without sliders: `{call}`."), class_="soft"),
            element("details", element("summary", "What the sliders mean", class_="soft"), inside),
        ]
    )
    text = f"{title}\nWithout sliders: {call}\n{plain_table(heads, rows, right=(2, 3))}"
    return Shown(card(title, body, status=False), text)


def draw_faults(live: LiveFaults, *, cleared: bool = False, impossible: Sequence[FaultKind] = ()) -> Shown:
    """Return what goes wrong on purpose, and how often it has."""
    rows = [
        (name, place, _chance(rate))
        for place, plan in (("functions", live.in_functions), ("cloud", live.in_cloud or FaultPlan()))
        for name, rate in plan.rates.items()
        if rate
    ]
    met = {kind: count for kind, count in (live.met or {}).items() if count}
    happened = "Has happened: " + ", ".join(f"{kind} {count:,}" for kind, count in met.items()) if met else ""
    left_out = f"Not on AWS, and left out: {', '.join(impossible)}." if impossible else ""
    label, tone = (f"△ {plural(len(rows), 'fault')} on purpose", "warn") if rows else ("✓ No faults", "ok")
    told = "" if rows else "Nothing goes wrong on purpose." if not cleared else "All faults are ended."
    heads = ("Fault", "Done by", "Chance")
    head = element("div", pill(label, tone), element("span", told), class_="row plainly")
    parts = (
        [table(list(zip(heads, ("", "", "num"), strict=True)), [("", row) for row in rows])] if rows else []
    )
    parts += [element("p", line, class_="soft") for line in (happened, left_out) if line]
    drawn = plain_table(heads, rows, right=(2,)) if rows else ""
    text = "\n".join(filter(None, [f"{label}. {told}".strip(), drawn, happened, left_out]))
    return Shown(card(head, join(parts) if parts else None, tone=tone), text)


def _chance(rate: float) -> str:
    return f"{rate * 100:.2f}".rstrip("0").rstrip(".") + "%"


def _told(value: float, slider: Slider) -> str:
    return f"{value:.0%}" if slider.unit == "%" else f"{value:,.0f}"
