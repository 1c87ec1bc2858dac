"""`workshop play` on a pipeline that is there already, which it empties only if that is wanted."""

import json

from workshop.deploy.stacks import list_stacks

ROUND = ("play", "--stack", "desk", "--rounds", "1", "--messages", "50")


def test_a_pipeline_is_not_emptied_without_asking(workshop, stacks, cloud, eventually) -> None:
    """Whoever does not agree keeps totals, and nothing is deployed."""
    truth = workshop.document("produce", "desk", "--messages", "20")["truth"]
    assert eventually(lambda: workshop.document("aggregates", "desk") == truth)

    done = workshop.process(*ROUND)

    assert done.returncode == 2
    assert "Playing empties `desk`" in done.stderr
    assert workshop.document("aggregates", "desk") == truth
    assert {stack.name for stack in list_stacks(cloud)} == {"desk", "flow"}


def test_a_round_is_played_on_the_pipeline_and_leaves_it_empty(workshop, stacks, cloud) -> None:
    """With `--yes` the round is judged on the pipeline as it is deployed; afterwards that is empty."""
    done = workshop.run(*ROUND, "--yes", "--json")

    document = json.loads(done.stdout)
    assert (done.returncode, document["points"], document["rounds"][0]["exact"]) == (0, 100, True)
    assert "`desk` is empty again" in done.stderr
    assert workshop.document("aggregates", "desk") == {}
    assert {stack.name for stack in list_stacks(cloud)} == {"desk", "flow"}


def test_a_schedule_does_not_play_where_rounds_would_mix(workshop, stacks) -> None:
    """A pipeline without run ids cannot be played by a schedule, and the message says what to do."""
    done = workshop.run(*ROUND, "--schedule", "--yes")

    assert done.returncode == 2
    assert "HierarchyLevels=RunID" in done.stderr
