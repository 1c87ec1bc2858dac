"""Measure, by hand, what many learners at once take of a hub's machine.

    .venv/bin/python -m tests.classroom.hub.many_seats [SEATS]

All sign in together, as at the beginning of a class, and wait until JupyterLab answers and has started a
kernel. Prints how long they waited, and what the seats have in memory afterwards.
"""

import json
import statistics
import sys
from concurrent.futures import ThreadPoolExecutor
from http.cookiejar import CookieJar
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, ProxyHandler, Request, build_opener

import psutil

from tests.browser.hub import CODE, Hub
from tests.course.notebooks.checkouts import fresh_checkout
from workshop.classroom.hub.spawner import memory_of
from workshop.clock import SystemClock, stopwatch

PATIENCE_SECONDS = 500.0
POLL_SECONDS = 1.0
SEAT = "workshop.classroom.hub.seat"


class Learner:
    """A browser of a few lines: it keeps cookies, signs in, and waits for its seat."""

    def __init__(self, hub: Hub, name: str) -> None:
        self._hub, self.name = hub, name
        self._cookies = CookieJar()
        self._opener = build_opener(ProxyHandler({}), HTTPCookieProcessor(self._cookies))

    def begin(self) -> float:
        """Sign in, wait for JupyterLab, start a kernel; return after how many seconds it was there."""
        begun = stopwatch()
        self._call("hub/login")
        form = {"username": self.name, "password": f"{self.name}s-own", "code": CODE}
        self._call("hub/login", urlencode({**form, "_xsrf": self._xsrf("/hub/")}).encode())
        while stopwatch() - begun < PATIENCE_SECONDS:
            try:
                self._call(f"user/{self.name}/lab")
                kernel = self._call(f"user/{self.name}/api/kernels", b"{}")
                json.loads(kernel)
            except (URLError, ValueError, OSError):
                SystemClock().sleep(POLL_SECONDS)
            else:
                return stopwatch() - begun
        raise TimeoutError(self.name)

    def _xsrf(self, path: str) -> str:
        own = (each.value or "" for each in self._cookies if each.name == "_xsrf" and each.path == path)
        return next(own, "")

    def _call(self, path: str, body: bytes | None = None) -> bytes:
        request = Request(f"{self._hub.url}{path}", body)  # noqa: S310 - our own hub
        if path.startswith("user/"):
            request.add_header("X-XSRFToken", self._xsrf(f"/user/{self.name}/"))
        with self._opener.open(request, timeout=60) as answer:
            content: bytes = answer.read()
        return content


def seats_of(folder: Path) -> list[psutil.Process]:
    """Return the processes that run seats below a folder, the outermost of each."""
    found: dict[str, psutil.Process] = {}
    for each in psutil.process_iter(["cmdline"]):
        words = each.info["cmdline"] or []
        here = next((word for word in words if Path(word).parent == folder / "learners"), None)
        if here and SEAT in " ".join(words):
            found.setdefault(here, each)
    return list(found.values())


def report(hub: Hub, folder: Path, waited: list[float]) -> None:
    """Say what was measured."""
    sizes = [memory_of(each.pid) / 2**20 for each in seats_of(folder)]
    print(f"{len(waited)} seats; {psutil.cpu_count()} processors; load {psutil.getloadavg()[0]:.0f}")
    middle = statistics.median(waited)
    print(f"waited: first {min(waited):.0f} s, median {middle:.0f} s, last {max(waited):.0f} s")
    print(f"memory of a seat: median {statistics.median(sizes):.0f} MB, largest {max(sizes):.0f} MB,")
    print(f"all {len(sizes)} seats {sum(sizes):.0f} MB; hub {memory_of(hub.pid) / 2**20 - sum(sizes):.0f} MB")


def main(seats: int) -> None:
    """Measure it."""
    with TemporaryDirectory() as made:
        folder = Path(made) / "class"
        with Hub(fresh_checkout(Path(made) / "clone"), folder) as hub, ThreadPoolExecutor(seats) as pool:
            learners = [Learner(hub, f"learner-{number:02}") for number in range(seats)]
            waited = list(pool.map(Learner.begin, learners))
            report(hub, folder, waited)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 30)
