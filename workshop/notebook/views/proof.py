"""The grid of a proof: one cell for each schedule and variant, with shape and word beside its colour.

In goes how far the proof is, out comes a table; its headings name variant and schedule, so that it reads
cell by cell as well. Nothing is run here.
"""

from collections.abc import Iterator

from workshop.course.tools.proving import FIRST_SEED, ProofProgress
from workshop.notebook.markup.display import Shown
from workshop.notebook.markup.html import Html, element, join, table
from workshop.notebook.markup.texts import NONE, plain_table, plural

__all__ = ["draw_proof"]

# A row of the grid; more schedules get further rows, but not thousands.
COLUMNS = 10
MOST = 100
WAITING = ("·", "waiting", "soft")
RUNNING = ("◐", "running", "info")
EXACT = ("✓", "exact", "ok")
NOT_EXACT = ("✗", "not exact", "bad")
NOT_RUN = (NONE, "not run", "soft")
CUT_SHORT = "‖ Stopped half-way; to run the cell again begins anew"
Sign = tuple[str, str, str]


def draw_proof(progress: ProofProgress, *, is_cut_short: bool = False) -> Shown:
    """Return the schedules of each variant as they stand, a hundred at most, with the counts of all."""
    left = [NOT_RUN, NOT_RUN] if is_cut_short else [RUNNING, WAITING]
    blocks = list(_blocks(min(progress.schedules, MOST)))
    drawn, plain = [], []
    for block in blocks:
        for variant in progress.ended:
            states = [_state(progress, variant, seed, *left) for seed in block]
            name = variant if len(blocks) == 1 else f"{variant} {block[0]}{NONE}{block[-1]}"
            gaps = [""] * (len(blocks[0]) - len(block))
            drawn.append(("", [name, *(_cell(*state) for state in states), *gaps]))
            plain.append([name, *(f"{sign} {word}" for sign, word, _ in states), *gaps])
    heads = ["Variant", *(str(place) for place in range(1, len(blocks[0]) + 1))]
    told = " · ".join([*([CUT_SHORT] if is_cut_short else []), _told(progress)])
    caption = "Schedules of faults and re-deliveries"
    html = table([(heads[0], "tight"), *((head, "tight") for head in heads[1:])], drawn, caption=caption)
    # Only the counts are announced as they change, not the whole grid.
    html = element("div", html, element("p", told, class_="soft", role="status"), class_="ws-grid")
    return Shown(html, f"{caption}\n{plain_table(heads, plain)}\n{told}")


def _blocks(count: int) -> Iterator[range]:
    for start in range(FIRST_SEED, FIRST_SEED + count, COLUMNS):
        yield range(start, min(start + COLUMNS, FIRST_SEED + count))


def _state(progress: ProofProgress, variant: str, seed: int, running: Sign, waiting: Sign) -> Sign:
    ended = progress.ended[variant]
    if seed in ended:
        return EXACT if ended[seed] else NOT_EXACT
    # They run one after the other.
    is_next = seed == FIRST_SEED + len(ended)
    return running if is_next and variant in progress.running else waiting


def _cell(sign: str, word: str, tone: str) -> Html:
    return element("span", join([sign, Html("<br/>"), word]), class_=f"word {tone}")


def _told(progress: ProofProgress) -> str:
    parts = [
        f"{variant}: {len(ended):,} of {plural(progress.schedules, 'schedule')}, "
        f"{sum(not exact for exact in ended.values()):,} not exact"
        for variant, ended in progress.ended.items()
    ]
    shown = [f"the first {MOST} are shown"] if progress.schedules > MOST else []
    return " · ".join([*parts, *shown])
