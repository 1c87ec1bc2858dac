"""The cloud behind a notebook: found, or, where the offline one was chosen and none answers, started.

Out comes the connected cloud. What is done on the way is told in one line, and what fails in a card.
"""

import os
from urllib.parse import urlsplit

from workshop.cloud import background
from workshop.cloud.background import CloudStatus
from workshop.cloud.connection import ENDPOINT_VARIABLE, Cloud, connect
from workshop.cloud.one_at_a_time import one_at_a_time
from workshop.course.files import advice_on_file
from workshop.errors import CloudNotRunningError, WorkshopError
from workshop.notebook.markup.display import Live, Shown, show
from workshop.notebook.markup.html import code_in, element, join
from workshop.notebook.views.cards import card, status_line
from workshop.settings import home_folder

__all__ = ["connected"]

# Elsewhere nothing can be started from here.
THIS_MACHINE = ("127.0.0.1", "localhost")
NO_CLOUD = (
    "Start one in a terminal with `workshop cloud start`, or close JupyterLab and open the course with "
    "`make workshop`; then run this cell again."
)
INTERRUPTED = "the offline cloud may be there in a moment all the same; run this cell again"
FOREIGN = (
    "was started from another folder, and its stacks are shared with whoever works there; for a cloud of "
    "your own, run `workshop cloud start --port N` in a terminal, with any free port, then this cell again"
)


def connected() -> Cloud:
    """Return the cloud that was chosen; an offline one that does not run is started in the background.

    Raises:
        CloudNotRunningError: no offline cloud answers, and none could be started.
        ConfigurationError: an unknown cloud, an endpoint for AWS, or something else answers at the endpoint.
        CloudStartError: the offline cloud could not be loaded.
    """
    try:
        cloud = connect()
    except CloudNotRunningError as error:
        cloud = _started(error)
    else:
        _tell_if_foreign(cloud)
    cloud.enter_notebook()
    return cloud


def _tell_if_foreign(cloud: Cloud) -> None:
    if cloud.offline is not None and _is_foreign():
        show(status_line("▲ Shared", f"the offline cloud at {cloud.endpoint} {FOREIGN}", "warn"))


def _is_foreign() -> bool:
    """Whether the offline cloud was found at its usual place alone: nobody has named or started it here."""
    return not os.environ.get(ENDPOINT_VARIABLE) and background.status().state == background.STOPPED


def _started(missing: CloudNotRunningError) -> Cloud:
    output = Live(status_line("◐ Starting", f"no offline cloud answers at {missing.endpoint} yet", "info"))
    try:
        status = _start(missing)
        cloud = connect()
    except KeyboardInterrupt:
        output.close(status_line("‖ Interrupted", INTERRUPTED, "warn"))
        raise
    except (WorkshopError, OSError) as error:
        advice = advice_on_file(error) if isinstance(error, OSError) else ""
        why = "" if error is missing else f"{error}. {advice}".rstrip(" .")
        output.close(_failure(missing.endpoint, why))
        raise missing from error
    started = f"offline cloud at {cloud.endpoint}; `workshop cloud stop` ends it and keeps what it holds"
    output.close(status_line("✓ Started", started, "ok"))
    for note in status.notes:
        show(status_line("▲ Note", note, "warn"))
    return cloud


def _start(missing: CloudNotRunningError) -> CloudStatus:
    place = urlsplit(missing.endpoint)
    if place.hostname not in THIS_MACHINE:
        raise missing
    with one_at_a_time(home_folder() / "cloud-start.lock", occupied="Another notebook starts the cloud"):
        return background.start(place.port)


def _failure(endpoint: str, why: str) -> Shown:
    title = f"No offline cloud answers at {endpoint}"
    texts = [NO_CLOUD, *([f"It could not be started from here: {why}."] if why else [])]
    body = join(element("p", code_in(text), class_="prose") for text in texts)
    return Shown(card(title, body, tone="bad"), f"{title}. {' '.join(texts)}")
