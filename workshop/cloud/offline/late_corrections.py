"""The second step of an offline cloud's start: CloudFormation's corrections, on a thread of their own.

They import most of moto, which takes as long as all the rest.
"""

import gc
import logging
import threading
from collections.abc import Callable

from workshop.clock import Clock
from workshop.cloud.offline import overlay
from workshop.cloud.offline.http.failures import IncompleteError

__all__ = ["LATE", "LateCorrections"]

# The service, and how the names of its corrections begin.
LATE = "cloudformation"

log = logging.getLogger(__name__)


class LateCorrections:
    """Loads what is slow to load, and lets calls that need it wait; `then` is called when all is there.

    `problem` says why that is not to be, None as long as nothing has failed.
    """

    def __init__(self, clock: Clock, then: Callable[[], None]) -> None:
        self._clock = clock
        self._then = then
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._load, name="late-corrections", daemon=True)
        self.problem: str | None = None
        self._is_stopped = False

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Load no more, and wait for what is just being loaded.

        A process that ends while a thread of it is inside a library in Rust, such as pydantic, is aborted.
        """
        self._is_stopped = True
        if self._thread.is_alive():
            self._thread.join()

    def wait(self) -> None:
        """Block until all is loaded; raises IncompleteError if that failed, or the cloud has stopped."""
        self._done.wait()
        if self.problem is not None:
            raise IncompleteError(self.problem)

    def wait_for_end(self) -> None:
        """Block until all is loaded, or that has failed; returns at once if it was never begun."""
        if self._thread.ident is not None:
            self._done.wait()

    def _load(self) -> None:
        try:
            for name in (each for each in overlay.CORRECTIONS if each.startswith(LATE)):
                if self._is_stopped:
                    self.problem = "the offline cloud has stopped"
                    return
                overlay.apply(self._clock, [name])
            # Imports leave behind much that only refers to itself.
            gc.collect()
            # What is loaded now stays, so that nobody need look through it again.
            gc.freeze()
            self._then()
        except Exception as error:
            log.exception("the offline cloud could not be loaded completely")
            self.problem = (
                "the offline cloud could not be loaded completely, so it runs no function and answers no "
                f"call: {error or type(error).__name__}; start it anew with `workshop cloud start`"
            )
        finally:
            gc.enable()
            self._done.set()
