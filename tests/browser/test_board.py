"""The class board in a browser: every page, light, dark and narrow, by keyboard, and live."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.classroom.board.running import STEPS, RunningBoard
from workshop.clock import SystemClock

EVIL = '<img src=x onerror="document.title=1">'
WIDE = "W" * 24
SIZES = {"wide": {"width": 1440, "height": 900}, "narrow": {"width": 360, "height": 740}}
PAGES = ("/", "/instructor", "/join")
FRESH_MILLISECONDS = 30_000  # on a machine that does other things as well
# How much lighter or darker text must be than what it stands on: WCAG's 4.5 to 1.
TOO_FAINT = """() => {
  const channel = (value) => (value /= 255) <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgb = (colour) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const ground = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const colour = rgb(getComputedStyle(each).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255, 255];
  };
  const words = [...document.querySelectorAll('body *')].filter((element) =>
    element.offsetParent && !element.classList.contains('unseen') &&
    [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim()));
  return words.map((element) => {
    const [a, b] = [light(rgb(getComputedStyle(element).color)), light(ground(element))];
    return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), element.textContent.trim().slice(0, 40)];
  }).filter(([ratio]) => ratio < 4.5).map(([ratio, text]) => `${ratio.toFixed(1)}: ${text}`);
}"""


@pytest.fixture(scope="module")
def lively(tmp_path_factory) -> Iterator[RunningBoard]:
    """A board with a class in the middle of its work; one of them wishes it ill."""
    with RunningBoard(tmp_path_factory.mktemp("board") / "board.db", SystemClock()) as running:
        machines = [running.join(alias) for alias in ("Ada", "Grace", "عائشة", EVIL[:24], WIDE)]
        for place, machine in enumerate(machines):
            for step in STEPS[: 3 * place]:
                machine.note("checked", step=step.id, outcome="passed", attempts=1)
            machine.note("checked", step=STEPS[3 * place].id, outcome="incorrect", attempts=1)
            machine.note("hinted", step=STEPS[3 * place].id, hints=2)
            machine.send()
        machines[1].say("help", step=STEPS[3].id)
        machines[2].say("played", game="trade risk", score=900)
        machines[4].say("played", game="g" * 40, score=10**9)
        running.act("announce", notebook="01")
        yield running


@pytest.fixture
def opened(browser, lively, complaints) -> Iterator[Any]:
    """Open a page of the board as the instructor; errors and foreign requests are noted."""
    contexts = []

    def open_page(path: str) -> Any:
        context = browser.new_context(viewport=SIZES["wide"])
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("request", lambda asked: note_stranger(asked.url))
        key = lively.inside(lambda board: board.key)
        if path != "/":
            page.goto(f"{lively.address}/instructor?key={key}")
        page.goto(f"{lively.address}{path}")
        return page

    def note_stranger(url: str) -> None:
        if not url.startswith((lively.address, "data:")):
            complaints.append(f"asked for {url}")

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.parametrize("path", PAGES)
def test_every_page_can_be_read_everywhere(opened, complaints, screenshots, path: str) -> None:
    """In both themes, on projectors and phones, nothing sticks out, and every word stands out."""
    page = opened(path)
    for size, viewport in SIZES.items():
        page.set_viewport_size(viewport)
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            name = f"board{path.replace('/', '-')}-{theme}-{size}.png"
            page.screenshot(path=screenshots / name, full_page=True)
            assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], name
            assert page.evaluate(TOO_FAINT) == [], name
    assert complaints == []


def test_what_is_reported_appears_by_itself(opened, lively, complaints) -> None:
    """A report, a new learner and an announcement are on pages that are open, without a reload."""
    page = opened("/")
    page.evaluate("window.same = true")
    new = lively.join("Edsger")
    new.say("checked", step=STEPS[0].id, outcome="passed", attempts=1)
    lively.act("announce", notebook="03")

    row = page.get_by_role("row", name="Edsger")
    row.wait_for(timeout=FRESH_MILLISECONDS)
    page.locator("#status", has_text="03 State").wait_for(timeout=FRESH_MILLISECONDS)
    assert row.get_by_role("cell", name="done").count() == 1
    assert page.evaluate("window.same")
    new.running.call("leave", {}, new.token)
    row.wait_for(state="detached", timeout=FRESH_MILLISECONDS)
    assert complaints == []


def test_html_of_a_learner_stays_text(opened, complaints) -> None:
    """An alias that is markup is shown as it is typed, and runs nowhere."""
    for path in ("/", "/instructor"):
        page = opened(path)
        assert page.locator("img").count() == 0
        assert page.get_by_role("rowheader", name=EVIL[:24]).count() >= 1
    assert complaints == []


def test_the_class_is_led_by_keyboard(opened, lively) -> None:
    """The instructor's page is worked without a mouse, and what is typed there stays typed."""
    page = opened("/instructor")
    helped = page.get_by_role("button", name="Helped Grace")
    helped.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/instructor")
    page.get_by_text("Nobody, at the moment.").wait_for(timeout=FRESH_MILLISECONDS)
    helped_at = lively.inside(lambda board: {each.alias: each.helped_at for each in board.store.learners()})
    assert helped_at["Grace"] is not None

    page.locator("#people summary").focus()
    page.keyboard.press("Enter")
    field = page.get_by_label("New alias for Ada")
    field.focus()
    page.keyboard.type("Ada L")
    lively.join("Barbara").say("began", step=STEPS[0].id)
    page.locator("#rows", has_text="Barbara").wait_for(timeout=FRESH_MILLISECONDS)
    assert field.input_value() == "Ada L"
    page.keyboard.press("Enter")
    page.get_by_role("rowheader", name="Ada L").first.wait_for(timeout=FRESH_MILLISECONDS)


def test_what_was_opened_stays_open(opened, lively) -> None:
    """A fold that somebody has opened stays open on a page that is kept fresh, and no other opens with it."""
    lively.join("Joan").say("help", step=STEPS[0].id)
    page = opened("/instructor")
    page.locator("#plan-parts summary").click()
    page.locator("#people summary").click()
    lively.join("Katherine").say("help", step=STEPS[0].id)
    lively.act("announce", notebook="02")
    page.locator("#needs", has_text="Katherine").wait_for(timeout=FRESH_MILLISECONDS)
    page.locator("#pace td.at", has_text="02").wait_for(state="attached", timeout=FRESH_MILLISECONDS)
    page.mouse.move(0, 0)
    page.locator("#people", has_text="Katherine").wait_for(timeout=FRESH_MILLISECONDS)

    assert [each.get_attribute("id") for each in page.locator("details[open]").all()] == [
        "plan-parts",
        "people",
    ]


MOVES = """(each) => { window.moving = setInterval(() =>
  document.querySelector(each).dispatchEvent(new PointerEvent('pointermove', { bubbles: true })), 100); }"""
# Clicks on the first button of a learner as soon as a row has come, before anybody could have seen that.
CLICK_AT_ONCE = """() => new Promise((done) => new MutationObserver((changes) => {
  if (!changes.some((each) => [...each.addedNodes].some((node) => node.id === 'people'))) return;
  const click = new MouseEvent('click', { bubbles: true, cancelable: true, detail: 1 });
  document.querySelector('#people button.danger').dispatchEvent(click);
  done(click.defaultPrevented);
}).observe(document.querySelector('main'), { childList: true, subtree: true }))"""


def test_nothing_moves_away_from_under_the_pointer(opened, lively, complaints) -> None:
    """While the pointer moves in a part it stays as it is; a click in the moment of a change does nothing."""
    page = opened("/instructor")
    page.locator("#people summary").click()
    page.evaluate(MOVES, "#people table")
    lively.join("Aaron")
    page.locator("#rows", has_text="Aaron").wait_for(timeout=FRESH_MILLISECONDS)
    assert "Aaron" not in page.locator("#people").inner_text()
    page.evaluate("clearInterval(window.moving)")
    page.locator("#people", has_text="Aaron").wait_for(timeout=FRESH_MILLISECONDS)

    clicked = page.evaluate_handle(f"() => ({{ answer: ({CLICK_AT_ONCE})() }})")
    lively.join("Aardvark")
    assert clicked.evaluate("(each) => each.answer")
    assert complaints == []


def test_who_is_removed_is_named_first(opened, lively, screenshots) -> None:
    """Removing takes two steps, by keyboard as well, and the second one says whom it is about."""
    lively.join("Zoe")
    page = opened("/instructor")
    page.locator("#people summary").click()
    page.get_by_role("button", name="Remove … Zoe").focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Zoe").wait_for(timeout=FRESH_MILLISECONDS)
    for size, viewport in SIZES.items():
        page.set_viewport_size(viewport)
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            page.screenshot(path=screenshots / f"board-sure-{theme}-{size}.png")
            assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
            assert page.evaluate(TOO_FAINT) == []
    page.get_by_role("button", name="Remove").focus()
    page.keyboard.press("Enter")
    # The question stands at the same address.
    page.get_by_role("heading", name="Zoe").wait_for(state="detached", timeout=FRESH_MILLISECONDS)
    assert "Zoe" not in lively.inside(lambda board: [each.alias for each in board.store.learners()])


def test_a_new_call_is_said(opened, lively) -> None:
    """Who calls for help is told where screen readers listen, in an element that stays."""
    page = opened("/instructor")
    page.evaluate("window.told = document.getElementById('told')")
    lively.join("Hedy").say("help", step=STEPS[0].id)
    page.locator("#told", has_text="Hedy").wait_for(state="attached", timeout=FRESH_MILLISECONDS)

    assert page.evaluate("window.told.isConnected")
    assert page.locator("#told[role=status]").count() == 1
    assert page.locator("#needs [role=status]").count() == 0


def test_tables_have_headers(opened) -> None:
    """The class is a table with a header for each row and each column, and every cell says what it shows."""
    page = opened("/")
    headers = page.locator("#head th").all_inner_texts()
    assert [step.id for step in STEPS] == [text for text in headers if "-" in text]
    assert page.get_by_role("row", name="عائشة").get_by_role("cell", name="working").count() == 2
    assert page.get_by_role("region", name="Table of the class").get_attribute("tabindex") == "0"
    assert page.locator("#rows td:not(:empty):not(.doing, .count, .pace):not(:has(.unseen))").count() == 0
