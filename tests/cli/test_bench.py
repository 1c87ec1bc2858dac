"""The benchmark as a command."""

import json


def test_the_command_measures_and_compares(lonely_workshop, tmp_path) -> None:
    """A part is measured on a cloud of its own; its report is read back, no worse than itself."""
    output = tmp_path / "report.json"
    document = lonely_workshop.document("bench", "--quick", "--part", "put", "--output", str(output))

    assert document["exact"] is True
    assert {each["id"] for each in document["figures"]} >= {"put_records.rate", "put_records.flatness"}
    assert json.loads(output.read_text(encoding="utf-8")) == document

    done = lonely_workshop.run("bench", "--read", str(output), "--compare", str(output))
    assert done.returncode == 0
    assert "Nothing got worse" in done.stdout


def test_a_worse_figure_fails(lonely_workshop, tmp_path) -> None:
    """Where something got worse, the command names it and ends with 1."""
    figure = {"id": "a", "what": "the time of it", "value": 2.0, "unit": "s", "better": "lower"}
    shape = {"format": "workshop-bench/1", "workshop": "", "machine": {}, "options": {}, "inexact": []}
    now, old = tmp_path / "now.json", tmp_path / "old.json"
    for path, value in ((now, 2.0), (old, 1.0)):
        report = {**shape, "figures": [{**figure, "value": value}], "arrivals": {}}
        path.write_text(json.dumps(report), encoding="utf-8")

    done = lonely_workshop.run("bench", "--read", str(now), "--compare", str(old))

    assert done.returncode == 1
    assert "the time of it" in done.stdout
    assert "100 %" in done.stdout


def test_a_file_that_is_no_report_is_wrong_usage(lonely_workshop, tmp_path) -> None:
    """A report that is not there ends with 2, before anything is measured."""
    done = lonely_workshop.run("bench", "--compare", str(tmp_path / "none.json"))

    assert done.returncode == 2
    assert "--output" in done.stderr
