"""A proof while it runs: its grid, redrawn in place at every schedule that ends."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from workshop.course.tools.proving import ProofProgress
from workshop.notebook.markup.display import Live
from workshop.notebook.views.proof import draw_proof

__all__ = ["proof_shown"]


@contextmanager
def proof_shown() -> Iterator[Callable[[ProofProgress], None]]:
    """Give what draws the progress of one proof; the grid as it was last stays in the output."""
    outputs: list[Live] = []
    latest: list[ProofProgress] = []

    def tell(progress: ProofProgress) -> None:
        latest[:] = [progress]
        shown = draw_proof(progress)
        if outputs:
            outputs[0].update(shown)
        else:
            outputs.append(Live(shown))

    try:
        yield tell
    except BaseException:
        # Nothing seems to go on for ever.
        for output in outputs:
            output.update(draw_proof(latest[0], is_cut_short=True))
        raise
    finally:
        for output in outputs:
            output.close()
