"""What a benchmark found: its document, its table, and what got worse."""

import json
from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from workshop.bench.compare import differing, worse
from workshop.bench.figures import HIGHER, BenchReport, figure
from workshop.bench.peer import compared, find_peer
from workshop.bench.picture import draw_picture
from workshop.bench.plan import FULL, QUICK
from workshop.bench.table import BEGIN, END, write_table
from workshop.cli.views.bench_report import draw_report, draw_worse
from workshop.errors import ConfigurationError

MACHINE = {"system": "Linux", "python": "3.13.0", "cores": 2, "memory_mb": 24_000}
ARRIVALS = {"stateless.10000": ((1.0, 6_000, 0), (2.0, 10_000, 4_000), (3.0, 10_000, 10_000))}


def report(rate: float = 20_000, latency: float = 1.0, **changes) -> BenchReport:
    figures = (
        figure("stateless.10000.rate", "rate", rate, "messages/s", better=HIGHER, limit=(90_000, "boto3")),
        figure("stateless.10000.p50", "latency", latency, "s"),
    )
    return replace(BenchReport("0.1", MACHINE, {"plan": "usual"}, figures, (), ARRIVALS), **changes)


def drawn(renderable) -> str:
    console = Console(width=160, file=StringIO())
    console.print(renderable)
    return console.file.getvalue()


def test_a_report_survives_json() -> None:
    """The document of a report has a named format, and reads back as the same report."""
    document = json.loads(json.dumps(report().document()))

    assert document["format"] == "workshop-bench/1"
    assert document["exact"] is True
    assert document["figures"][0]["id"] == "stateless.10000.rate"
    assert BenchReport.from_document(document) == report()


@pytest.mark.parametrize("document", [[], {"format": "workshop-bench/0"}])
def test_another_document_is_no_report(document) -> None:
    """A document of another format is refused by name."""
    with pytest.raises(ConfigurationError, match="workshop-bench/1"):
        BenchReport.from_document(document)


def test_a_figure_knows_what_is_wanted_of_it() -> None:
    """Floor and goal of a figure hold for every number in its id."""
    small, large = (figure(f"stateless.{size}.rate", "", 1.0, "") for size in (10, 1_000_000))

    assert (small.floor, small.goal) == (large.floor, large.goal) == (30_000, 50_000)


def test_what_got_worse_is_named_the_worst_first() -> None:
    """A lower rate and a longer latency are worse, by percent of what they were."""
    found = worse(report(15_000, 2.0), report(20_000, 1.0), percent=10)

    assert [(each.now.id, each.percent) for each in found] == [
        ("stateless.10000.p50", 100.0),
        ("stateless.10000.rate", 25.0),
    ]


@pytest.mark.parametrize("now", [report(25_000, 0.5), report(19_000, 1.05), report()])
def test_better_figures_and_small_changes_are_not_worse(now: BenchReport) -> None:
    """Nothing is named that became better, or changed within the tolerance."""
    found = worse(now, report(), percent=10)

    assert found == ()
    assert "Nothing got worse by more than 10 %" in drawn(draw_worse(found, (), percent=10))


def test_another_machine_is_told() -> None:
    """Who compares figures of two machines is told how they differ."""
    other = report(machine={**MACHINE, "cores": 8})

    assert differing(report(), other) == ("cores is 2, was 8",)


def test_the_table_stands_between_its_marks(tmp_path) -> None:
    """Writing the table twice leaves one, and all that stands around it."""
    document = tmp_path / "speed.md"
    document.write_text(f"# Speed\n{BEGIN}\nold\n{END}\nmore\n", encoding="utf-8")

    for rate in (1_000, 20_000):
        write_table(report(rate), document)

    text = document.read_text(encoding="utf-8")
    assert text.startswith("# Speed\n")
    assert text.endswith("more\n")
    assert "| rate | 20,000 messages/s | 90,000 | boto3 | 30,000 | 50,000 |" in text
    assert "old" not in text
    assert "1,000 messages/s" not in text


def test_a_document_without_marks_stays_as_it_is(tmp_path) -> None:
    """Where there is no place for the table, nothing is written."""
    with pytest.raises(ConfigurationError, match="no place for the table"):
        write_table(report(), tmp_path / "speed.md")

    assert not (tmp_path / "speed.md").exists()


def test_the_report_shows_when_messages_arrived() -> None:
    """The bars of a run are empty while nothing arrives, and the highest when most does."""
    text = drawn(draw_report(report()))

    assert "▁" * 13 in text
    assert "█" * 13 in text
    assert "at most 6,000/s, 3 s" in text
    assert "all totals of all runs equal the truth" in text


def test_an_inexact_run_is_named() -> None:
    """A run whose totals differ from the truth makes the report inexact, by name."""
    found = report(inexact=("stateful.10000",))

    assert not found.exact
    assert "Not exact: stateful.10000" in drawn(draw_report(found))


def test_the_picture_is_a_png(tmp_path) -> None:
    """The arrivals of each run are drawn into a PNG, where matplotlib is installed."""
    pytest.importorskip("matplotlib")
    draw_picture(report(), tmp_path / "speed.png")

    assert (tmp_path / "speed.png").read_bytes().startswith(b"\x89PNG")


def test_a_plan_can_stop_at_a_size() -> None:
    """Larger runs are left out, and the smallest of each pipeline never is."""
    assert FULL.up_to(100_000).sizes == {"stateless": (10_000, 100_000), "stateful": (10_000, 100_000)}
    assert QUICK.up_to(1).sizes == QUICK.sizes


def test_a_peer_is_compared_by_rate() -> None:
    """Beside the peer's rate stands how many times as high ours is, with floor and goal of that."""
    own, others = (((figure("transactions.rate", "it", rate, "a second"),), True) for rate in (150.0, 100.0))

    (theirs, times), exact = compared("transactions", own, others)

    assert (theirs.value, times.value, exact) == (100.0, 1.5, True)
    assert (times.floor, times.goal, times.reaches(1.2)) == (1.2, 2.0, True)


def test_a_peer_that_is_not_installed_is_named(monkeypatch) -> None:
    """Whoever asks for a peer that is nowhere is told how to install it."""
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)

    with pytest.raises(ConfigurationError, match="pip install ministack"):
        find_peer()
