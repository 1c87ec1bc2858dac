"""README's sample of what `make demo` prints is what it prints today."""

import re
from io import StringIO
from types import SimpleNamespace
from typing import Any

from rich.console import Console

from tests.documents.reading import ROOT
from workshop.cli.views.demo_report import draw_runs
from workshop.pipeline.aggregates import AggregateSnapshot
from workshop.pipeline.compare_with_truth import compare
from workshop.pipeline.demo import plan_options
from workshop.pipeline.messages import make_plan
from workshop.pipeline.truth import count_messages, stateful_truth

# How long it took is the reader's machine's business.
TIMES = re.compile(r"^ *(Took|Latency) .*$", re.MULTILINE)
FRAME = re.compile(r"[│╭╮╰╯─]")


def test_the_sample_is_what_the_demonstration_prints() -> None:
    """Counts, totals and words are those of 10,000 messages made from the seed 1."""
    messages = [*make_plan(plan_options("stateful", 10_000, 1)).messages]
    truth = stateful_truth(messages)
    snapshot = AggregateSnapshot(truth.totals, truth.trades)
    run: Any = SimpleNamespace(
        pipeline="stateful",
        counts=count_messages(messages),
        snapshot=snapshot,
        comparison=compare(snapshot, truth),
        exact=True,
        faults=None,
        seconds=1.0,
        messages_per_second=1.0,
    )
    out = StringIO()
    Console(width=80, file=out).print(draw_runs([run]))
    printed = TIMES.sub(r"\1", FRAME.sub("", out.getvalue()))

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    [sample] = re.findall(r"^```\n(stateful pipeline\n.*?)^```$", text, re.MULTILINE | re.DOTALL)

    assert TIMES.sub(r"\1", sample).split() == printed.split()
