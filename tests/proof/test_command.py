"""`workshop prove`, as people and scripts run it."""

import json
import signal
import sys
import time
from collections.abc import Callable
from contextlib import closing
from multiprocessing import active_children, get_context
from types import SimpleNamespace
from typing import Any

import pytest

from workshop.cli.app import main
from workshop.cli.prove import prove as prove_command
from workshop.proof import proof as module
from workshop.proof.bench import ScheduleResult
from workshop.proof.proof import prove

# The textbook is wrong on one of these and right on the other.
SEEDS = range(18, 20)


@pytest.fixture
def workshop(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """Run a command; returns its exit code and what it printed on stdout."""

    def run(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["workshop", *arguments])
        with pytest.raises(SystemExit) as done:
            main()
        printed = capsys.readouterr()
        run.errors = printed.err
        return int(done.value.code or 0), printed.out

    return run


def test_the_ledger_passes(workshop) -> None:
    """With nothing inexact the exit code is 0, and the JSON counts schedules by the faults they met."""
    code, text = workshop("prove", "--schedules", "3", "--jobs", "1", "--json")

    document = json.loads(text)
    assert (code, document["variant"], document["schedules"], document["inexact"]) == (0, "ledger", 3, 0)
    assert {"re_batched", "bisected", "delayed", "crash_before", "crash_after"} <= document["by_fault"].keys()
    assert all(count.keys() == {"met", "inexact"} for count in document["by_fault"].values())


def test_each_schedule_is_told_as_it_ends(workshop) -> None:
    """With `--progress-json` a line on stderr tells of each schedule its seed, its verdict and its faults."""
    options = (
        "--variant",
        "textbook",
        "--jobs",
        "1",
        "--seed",
        str(SEEDS[0]),
        "--schedules",
        str(len(SEEDS)),
    )

    _, text = workshop("prove", *options, "--json", "--progress-json")

    told = [json.loads(line) for line in workshop.errors.splitlines()]
    assert [each["seed"] for each in told] == list(SEEDS)
    assert [each["seed"] for each in told if not each["exact"]] == json.loads(text)["inexact_seeds"]
    assert all(each["met"] for each in told)


def test_a_failure_names_the_seed_that_replays_it(workshop) -> None:
    """An inexact schedule ends with exit code 1, and the command that is printed fails in the same way."""
    options = ("--variant", "textbook", "--jobs", "1")
    code, text = workshop("prove", *options, "--seed", str(SEEDS[0]), "--schedules", str(len(SEEDS)))
    assert code == 1
    replay = text.split("run it again: workshop ")[1].splitlines()[0]

    code, again = workshop(*replay.split())

    assert code == 1
    assert "1 of 1 schedules were not exact" in again


def test_unknown_words_are_wrong_usage(workshop) -> None:
    """A variant or pipeline that does not exist ends with exit code 2."""
    assert workshop("prove", "--variant", "perfect")[0] == 2
    assert workshop("prove", "--pipeline", "endless")[0] == 2


def test_several_processes_prove_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """The report does not depend on how many processes share the work."""
    monkeypatch.setattr(module, "CHUNK", 1)

    alone = prove("textbook", seed=SEEDS[0], schedules=len(SEEDS), jobs=1)
    shared = prove("textbook", seed=SEEDS[0], schedules=len(SEEDS), jobs=2)

    assert shared == alone
    assert len(alone.failures) > 0


@pytest.mark.parametrize(
    ("ended", "told"),
    [
        ((True, False, True), "Stopped after 3 schedules, 1 of them not exact."),
        ((True,), "Stopped after 1 schedule, 0 of them not exact."),
    ],
)
def test_an_interrupt_says_how_far_the_proof_was(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], ended: tuple[bool, ...], told: str
) -> None:
    """Who stops a proof is told how many schedules have ended, and how many were not exact."""

    def run(_variant: str, *, on_outcome: Any, **_: Any) -> None:
        for exact in ended:
            on_outcome(SimpleNamespace(exact=exact))
        raise KeyboardInterrupt

    monkeypatch.setattr("workshop.proof.proof.prove", run)

    with pytest.raises(KeyboardInterrupt):
        prove_command(schedules=9)

    assert told in capsys.readouterr().out


def test_an_interrupt_ends_the_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for what workers are at, once the proof is given up; other processes go on."""
    monkeypatch.setattr(module, "CHUNK", 1)
    before, workers = set(active_children()), set()
    bystander = get_context("spawn").Process(target=time.sleep, args=(600,))

    def stop(_: ScheduleResult) -> None:
        workers.update(set(active_children()) - before)
        bystander.start()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prove("ledger", schedules=200, jobs=2, on_outcome=stop)

    with closing(bystander):
        goes_on = bystander.exitcode is None
        bystander.kill()
        bystander.join()
    assert goes_on
    # A worker that had come to its end by itself would say 0.
    assert len(workers) == 2
    assert all(worker.exitcode for worker in workers)


def test_a_worker_does_not_hear_interrupts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker makes itself deaf to Ctrl-C, since on Windows it does not inherit that."""
    monkeypatch.setattr(module, "Laboratory", SimpleNamespace)
    monkeypatch.setattr(module, "Bench", lambda *_, **__: None)
    monkeypatch.setattr(module, "_BENCHES", [])
    heard = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        module._open_bench("ledger", "stateful", False)
        now = signal.getsignal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, heard)

    assert now is signal.SIG_IGN
