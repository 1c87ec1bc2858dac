"""`workshop cost` and `workshop plan`: arithmetic for people and for programs, without any cloud."""

from workshop.pipeline.prices import DATED


def test_a_bill_tells_every_line_with_its_arithmetic(lonely_workshop) -> None:
    """People see each line, what it comes to and how, and the sum."""
    done = lonely_workshop.run("cost", "--rate", "50000", "--pipeline", "stateless")

    assert done.returncode == 0
    for part in ("stream: puts", "1,839.60", "puts 50,000/s", "together", "3,407.00", "Not counted"):
        assert part in done.stdout


def test_a_bill_as_json_follows_every_option(lonely_workshop) -> None:
    """Each option reaches the model, and the document says with which prices it was made."""
    options = "--rate 50000 --pipeline stateless --pack 40 --window 5 --memory 256 --architecture x86_64"

    told = lonely_workshop.document("cost", *options.split(), "--retention", "48", "--shards", "20")

    lines = {line["item"]: line for line in told["lines"]}
    assert (told["pipeline"], told["messages_per_second"], told["shards"]) == ("stateless", "50000", 20)
    assert lines["stream: puts"]["usd"] == "45.99"
    assert lines["stream: kept for up to 7 days"]["usd"] == "292.00"
    assert "x86_64" in lines["functions: time"]["per"]
    assert "256 MB" in lines["functions: time"]["arithmetic"]
    assert told["prices_dated"] == DATED.isoformat()
    mixed = lonely_workshop.document("cost", "--on-demand", "--duplicates", "12.5", "--modify", "3")
    assert (mixed["shards"], mixed["duplicates"], mixed["modify"]) == (None, "12.5", "3")
    assert [line["usd"] for line in mixed["lines"] if line["item"].startswith("StateTable")] == [
        "1387.91",
        "98.55",
        "410.62",
    ]


def test_a_bill_that_cannot_be_is_wrong_usage(lonely_workshop) -> None:
    """Settings that AWS does not have end with exit code 2 and say what is possible."""
    done = lonely_workshop.run("cost", "--rate", "5000", "--shards", "1")

    assert done.returncode == 2
    assert "needs 5 shards" in done.stderr


def test_run_sheets_are_printed_for_the_usual_lengths(lonely_workshop) -> None:
    """Without a length there are four sheets, with one there is one, and JSON has the same steps."""
    shown = lonely_workshop.run("plan").stdout
    told = lonely_workshop.document("plan", "--minutes", "60")

    assert [f"{minutes} minutes," in shown for minutes in (60, 90, 120, 180)] == [True] * 4
    assert told["steps"][1] == {"from": 5, "minutes": 10, "what": "Start here", "notebook": "00"}
    assert len(lonely_workshop.document("plan")["plans"]) == 4
    assert lonely_workshop.run("plan", "--minutes", "20").returncode == 2
