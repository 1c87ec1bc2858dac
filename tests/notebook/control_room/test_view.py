"""The control room's view without a browser: the twin in text, and what the page asks of the kernel."""

from tests.browser.recorded_room import recorded_run
from workshop.notebook.control_room.twin import draw_twin
from workshop.notebook.control_room.widget import RoomView
from workshop.notebook.markup.cells import shown_path


def test_the_twin_tells_what_the_widget_draws() -> None:
    """The text twin has the meters, every total to the cent, and each function's figures."""
    last = recorded_run()[-1]

    text = draw_twin(last).text

    assert "ledger: ✓ Exact to the cent" in text
    where = shown_path("PV:FXSpot:EMEA")
    assert f"textbook: △ Off by +1,654.00 since 21 s at {where}, trade T-000482" in text
    totals = [f"{float(total):,.2f}" for each in last["pipelines"] for total in each["totals"].values()]
    assert [total for total in totals if total not in text] == []
    assert "ReduceLambda" in text


def test_the_page_gets_what_it_asks_for_and_the_model_the_rest() -> None:
    """History and export are answered by the view; what steers the run goes to the model."""
    run, steered, said = recorded_run(1), [], []
    view = RoomView(steered.append, ticks=lambda: run, export=lambda: "seconds\n1")
    view.widget.send = lambda content, _=None: said.append(content)

    for asked in ({"do": "history"}, {"do": "export"}, {"do": "start"}, {"do": "follow", "trade": "T-1"}):
        view._hear(None, asked, None)

    assert said == [
        {"kind": "ticks", "ticks": run},
        {"kind": "csv", "name": "control-room.csv", "text": "seconds\n1"},
    ]
    assert steered == [{"do": "start"}, {"do": "follow", "trade": "T-1"}]


def test_the_twin_claims_no_number_that_nobody_knows() -> None:
    """On AWS, which does not tell how many records are on the way, the twin gives no number, not 0."""
    waiting = "Not there yet: messages are on their way; AWS does not tell how many."
    run = recorded_run(1)[20]
    run["pipelines"][0]["meter"] |= {"state": "in_flight", "in_flight": None, "text": waiting}

    text = draw_twin(run).text

    assert "ledger: ◐ Not there yet\n  messages are on their way; AWS does not tell how many.\n" in text
    assert "0 still in flight" not in text


def test_the_twin_says_why_nothing_arrives() -> None:
    """What the meter says in words, such as a mapping that is missing, outlives the widget too."""
    run = recorded_run(1)[20]
    told = "Not there yet: the mapping of MapLambda is disabled."
    run["pipelines"][0]["meter"] |= {"state": "in_flight", "in_flight": 40, "text": told}

    shown = draw_twin(run)

    assert f"40 still in flight\n  {told}\n" in shown.text
    assert told in shown.html
