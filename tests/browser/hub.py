"""`workshop hub` as an instructor starts it, on a copy of the checkout."""

from pathlib import Path

from tests.browser.served import Served
from tests.course.notebooks.checkouts import Checkout
from tests.ports import free_port

__all__ = ["CODE", "Hub"]

CODE = "ABC-234"


class Hub(Served):
    """A running `workshop hub`; use it as a context manager."""

    def __init__(self, checkout: Checkout, folder: Path) -> None:
        self.port = free_port()
        words = ("hub", "--port", str(self.port), "--data", str(folder), "--code", CODE)
        # All learners of a test come from one address.
        super().__init__(checkout, *words, "--behind-proxy")

    @property
    def url(self) -> str:
        """Where learners go."""
        return f"http://127.0.0.1:{self.port}/"
