"""The control room's widget in JupyterLab, fed with a recorded run."""

import base64
import json
from collections import Counter
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.browser.notebook_page import PANEL, NotebookPage
from tests.browser.recorded_room import recorded_run
from tests.effort import LONG
from workshop.notebook.control_room.widget import packed_plotly, page_script, page_style

ROOM = f"{PANEL} .ws-room"
NOTEBOOK = "control_room"
CELL = """
import json
from workshop.notebook.control_room.widget import RoomView
from workshop.notebook.views.cards import status_line

ticks = json.load(open("recorded.json"))
heard = []
view = RoomView(heard.append, ticks=lambda: ticks[:-1], export=lambda: "seconds,total")
view.display()
view.show(ticks[-1])
view.answer("T-1", status_line("Followed", "its way through the stages", "ok"))
"""
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
HEARD = 'json.dump(heard, open("heard.json", "w"))'
WIDGETS = {"button", "slider", "spinbutton", "textbox", "searchbox", "combobox", "image", "treegrid"}
TEXTS = "rows => rows.map(row => [...row.children].map(cell => cell.textContent))"
ROWS = f"{ROOM} [role=treegrid] tbody tr"
# Of a recorded run ten seconds in which it goes wrong; they come again and again.
ROUND = slice(26, 36)
ROUNDS = 90 if LONG else 3
# Plotly and the browser keep some of what they have measured and compiled, less and less of it.
LARGEST_LEFT_BYTES = 40_000


@pytest.fixture(scope="module")
def ticks(checkout) -> list[dict[str, Any]]:
    """A recorded run, and a notebook that shows it."""
    run = recorded_run()
    (checkout.notebooks / "recorded.json").write_text(json.dumps(run), encoding="utf-8")
    cells = [nbformat.v4.new_code_cell(source) for source in (CELL, HEARD)]
    nbformat.write(
        nbformat.v4.new_notebook(cells=cells, metadata=KERNEL), checkout.notebooks / f"{NOTEBOOK}.ipynb"
    )
    return run


@pytest.fixture
def room(notebook_page, lab, ticks, complaints) -> NotebookPage:
    """The notebook's page, run, with everything drawn; errors in the browser's console are complaints."""
    lab.choose_theme("dark")
    page = notebook_page.page
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    notebook_page.open(lab.address_of(NOTEBOOK))
    notebook_page.run_all()
    page.locator(f"{ROOM} .main-svg").first.wait_for()
    return notebook_page


def named(page: Any) -> list[tuple[str, str]]:
    """Return role and name of what the browser tells a screen reader about the room's widgets."""
    devtools = page.context.new_cdp_session(page)
    found = devtools.send("Runtime.evaluate", {"expression": f"document.querySelector({ROOM!r})"})
    tree = devtools.send("Accessibility.queryAXTree", {"objectId": found["result"]["objectId"]})
    seen = [node for node in tree["nodes"] if not node["ignored"] and node["role"]["value"] in WIDGETS]
    return [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in seen]


def look_back(page: Any, ticks: list[dict[str, Any]]) -> None:
    """Look at an earlier moment, a function's last error, the answer about a trade, and the run as a file."""
    slider, meters = page.get_by_label("Moment of the run"), page.locator(f"{ROOM} .ws-meters")
    slider.fill("10")
    page.locator(f"{ROOM} .ws-moment", has_text="10.0 s of 60.0 s").wait_for()
    assert "Off by" not in meters.inner_text()
    totals = ticks[10]["pipelines"][1]["totals"]
    shown = [row[3].replace(",", "") for row in page.eval_on_selector_all(ROWS, TEXTS)]
    assert totals["Grand Total"] in shown
    page.get_by_role("button", name="Latest").click()
    meters.get_by_text("Off by +1,654.00", exact=True).wait_for()

    button = page.get_by_role("button", name="Last error of MapLambda").first
    button.click()
    assert button.get_attribute("aria-expanded") == "true"
    assert page.locator(f"{ROOM} .ws-error", has_text="InjectedCrash").first.is_visible()

    assert "its way through the stages" in page.locator(f"{ROOM} .ws-answer").inner_text()

    with page.expect_download() as downloading:
        page.get_by_role("button", name="Export the run as CSV").click()
    assert downloading.value.suggested_filename == "control-room.csv"
    assert downloading.value.path().read_text(encoding="utf-8") == "seconds,total"


def test_the_control_room_in_jupyterlab(room, ticks, complaints, checkout, screenshots) -> None:
    """The control room shows its snapshot's figures, obeys the keyboard, and names all to a screen reader.

    It stands in JupyterLab's dark theme without an error, at rest and narrow, and sends what is switched.
    """
    page, last = room.page, ticks[-1]
    words = page.locator(ROOM).inner_text()
    names = named(page)
    rows = page.eval_on_selector_all(ROWS, TEXTS)
    page.locator(ROOM).screenshot(path=screenshots / "control-room-dark.png")

    # The figures are the snapshot's, to the cent.
    assert "Exact to the cent" in words
    assert "Off by +1,654.00" in words
    assert "since 21.0 s" in words
    shown = [[row[1].replace(",", ""), row[3].replace(",", "")] for row in rows]
    paths = sorted(last["pipelines"][0]["totals"], key=lambda path: (path != "Grand Total", path.split(":")))
    assert shown == [[each["totals"][path] for each in last["pipelines"]] for path in paths]

    # Whatever can be worked or looked at has a name.
    assert [role for role, name in names if not name] == []
    assert {role for role, _ in names} == WIDGETS
    expected = {"Pause", "Crash after a write", "Messages per second", "Filter by name", "Moment of the run"}
    assert [name for name in expected if not any(name in told for _, told in names)] == []
    assert max(Counter(name for role, name in names if role in {"slider", "spinbutton"}).values()) == 1

    # The keyboard goes through the tree, and JupyterLab leaves it alone.
    page.locator(ROWS).first.focus()
    for key in ("ArrowDown", "ArrowLeft"):
        page.keyboard.press(key)
    page.wait_for_function("document.activeElement.getAttribute('aria-expanded') === 'false'")
    page.keyboard.press("Enter")
    page.locator(f"{ROOM} .ws-trail", has_text="Delta").wait_for()
    assert page.locator(ROWS).count() == len([path for path in paths if path.startswith("Delta")])

    # Another order of levels is summed from the leaves.
    page.get_by_label("Order", exact=True).select_option("2,1,0")
    page.locator(ROWS).nth(len(paths) - 1).wait_for()
    regions = [row for row in page.eval_on_selector_all(ROWS, TEXTS) if row[0].endswith("EMEA")]
    in_cents = [
        int(total.replace(".", ""))
        for path, total in last["pipelines"][0]["totals"].items()
        if path.endswith("EMEA")
    ]
    assert regions[0][1].replace(",", "").replace(".", "") == str(sum(in_cents))

    look_back(page, ticks)

    # What is switched comes to the kernel, and nothing of a button that is greyed.
    page.get_by_role("slider", name="Crash after a write").fill("12")
    for idle in ("Pause", "Stop"):
        assert page.locator(ROOM).get_by_role("button", name=idle).get_attribute("aria-disabled") == "true"
        page.locator(ROOM).get_by_role("button", name=idle).press("Enter")
    page.get_by_role("button", name="Start again").press("Enter")
    page.get_by_label("Trade to follow").fill("T-1")
    page.get_by_label("Trade to follow").press("Enter")
    room.run_cell(1)
    heard = json.loads((checkout.notebooks / "heard.json").read_text(encoding="utf-8"))
    assert heard == [
        {"do": "set", "set": {"faults": {"crash_after": 0.12}}},
        {"do": "start"},
        {"do": "follow", "trade": "T-1"},
    ]
    assert room.faults == []
    assert complaints == []

    # On a small screen, with JupyterLab's files beside it, it is as wide as its place.
    page.set_viewport_size({"width": 1024, "height": 900})
    page.wait_for_function(f"document.querySelector({ROOM!r}).clientWidth < 600")
    assert room.faults == []

    # In a narrow window nothing of it is cut off.
    page.set_viewport_size({"width": 640, "height": 900})
    page.wait_for_function(f"document.querySelector({ROOM!r}).clientWidth < 400")
    assert page.evaluate(f"document.querySelector({ROOM!r}).scrollWidth") < 400

    # Without its kernel it stays in sight, and says what to do.
    room.restart_kernel()
    page.get_by_role("alert").filter(has_text="run this cell again").wait_for()
    assert page.get_by_role("slider", name="Crash after a write").is_disabled()
    # The new kernel answers, and can be ended.
    room.run_cell(1)


def counted(devtools: Any) -> tuple[dict[str, int], int]:
    """Return how many documents, nodes and listeners there are, and how many bytes the scripts hold."""
    for _ in range(2):
        devtools.send("HeapProfiler.collectGarbage")
    return devtools.send("Memory.getDOMCounters"), devtools.send("Runtime.getHeapUsage")["usedSize"]


def test_a_long_run_leaves_nothing_behind_in_the_page(window: Any) -> None:
    """Updates, each of them drawn, leave no nodes, no listeners and hardly any bytes behind.

    Thirty show it; `make test-long` draws nine hundred, as many as a quarter of an hour has seconds.
    """
    page = window.new_page()
    page.set_content("<!doctype html><body></body>")
    page.add_script_tag(path=Path(__file__).with_name("room_alone.js"))
    plotly = base64.b64encode(packed_plotly()).decode()
    page.evaluate("room.open", [page_script(), page_style(), plotly, recorded_run()[ROUND]])
    page.locator(".ws-room .main-svg").first.wait_for()
    devtools = page.context.new_cdp_session(page)
    page.evaluate("room.run", 1)
    before, held = counted(devtools)

    drawn = page.evaluate("room.run", ROUNDS)

    after, holds = counted(devtools)
    page.close()
    assert drawn == ROUNDS * (ROUND.stop - ROUND.start)
    # What is drawn differs from moment to moment, but by less than one thing for two updates.
    assert [kind for kind, count in after.items() if count - before[kind] > drawn / 2] == []
    assert holds - held < drawn * LARGEST_LEFT_BYTES
