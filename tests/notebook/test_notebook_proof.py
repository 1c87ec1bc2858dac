"""The grid of `ws.lab.prove`: every schedule of each variant, by shape and word as well as by colour."""

import pytest

from workshop.course.tools.proving import ProofProgress
from workshop.notebook.markup.display import Shown
from workshop.notebook.markup.texts import NONE
from workshop.notebook.parts.proofs import proof_shown
from workshop.notebook.views.proof import draw_proof


def grid(
    schedules: int = 4, ended: int = 2, running: frozenset[str] = frozenset({"textbook", "ledger"})
) -> Shown:
    """Return the grid of two variants, the textbook wrong from its second schedule on."""
    seeds = range(1, ended + 1)
    outcomes = {"textbook": {seed: seed < 2 for seed in seeds}, "ledger": dict.fromkeys(seeds, True)}
    return draw_proof(ProofProgress(schedules, outcomes, running))


def row(shown: Shown, name: str) -> list[str]:
    """Return the cells of a row of the text."""
    [line] = [line for line in shown.text.splitlines() if line.startswith(f"{name}  ")]
    return [cell.strip() for cell in line.split("  ")[1:] if cell.strip()]


def test_each_schedule_says_how_far_it_is() -> None:
    """A schedule was exact or not, or it runs, or it waits; the first one that has not ended runs."""
    assert row(grid(), "textbook") == ["✓ exact", "✗ not exact", "◐ running", "· waiting"]
    assert row(grid(), "ledger") == ["✓ exact", "✓ exact", "◐ running", "· waiting"]


def test_nothing_runs_once_the_process_has_ended() -> None:
    """Of a variant whose process has ended, the schedules without an outcome are not shown as running."""
    assert "running" not in grid(running=frozenset()).text


def test_the_grid_is_a_table_that_reads_cell_by_cell() -> None:
    """Variants head the rows and schedules the columns; what is in the text is in the markup as well."""
    shown = grid()

    assert '<th scope="row" class="tight">textbook</th>' in shown.html
    assert '<th scope="col" class="tight">4</th>' in shown.html
    assert shown.html.count("not exact</span>") == 1
    assert shown.html.count("waiting</span>") == 2


def test_the_counts_stand_below_the_grid_and_are_announced() -> None:
    """How many have ended and how many were not exact is said in words, and only that is announced."""
    told = "textbook: 2 of 4 schedules, 1 not exact · ledger: 2 of 4 schedules, 0 not exact"

    assert grid().text.endswith(told)
    assert f'<p class="soft" role="status">{told}</p>' in grid().html
    assert grid().html.count('role="status"') == 1


def test_many_schedules_get_rows_of_ten_and_end_at_a_hundred() -> None:
    """The grid grows in rows of ten schedules; of very many the first hundred are shown, and that is said."""
    shown = grid(schedules=2_000, ended=15)

    assert row(shown, f"ledger 11{NONE}20")[:6] == ["✓ exact"] * 5 + ["◐ running"]
    assert shown.html.count("<tr") == 1 + 2 * 10
    assert "the first 100 are shown" in shown.text


def test_a_proof_that_is_stopped_does_not_seem_to_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    """After an interrupt no schedule runs or waits any more, and the grid says that it was stopped."""
    progress = ProofProgress(3, {"ledger": {1: True}}, frozenset({"ledger"}))

    def stopped() -> None:
        with proof_shown() as tell:
            tell(progress)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()

    said = capsys.readouterr().out
    assert "✓ exact" in said
    assert "‖ Stopped half-way" in said
    assert "running" not in said
    assert "waiting" not in said
