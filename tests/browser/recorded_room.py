"""Snapshots of a control room as a run would give them: made from a seed, the same every time.

One or two pipelines get the same messages; when a function crashes after its write, the second one starts to
drift, and the first does not. The sums are kept in whole cents.
"""

import random
from itertools import product
from typing import Any

LEVELS = ("RiskType", "TradeDesk", "Region")
LEAVES = tuple(
    ":".join(names)
    for names in product(("PV", "Delta", "Vega"), ("FXSpot", "FXOptions", "Rates"), ("EMEA", "AMER", "APAC"))
)
RATE = 100
SENDING_SECONDS = 45
CRASH_FROM, CRASH_UNTIL = 18, 30
DRIFT_AT = 21
FUNCTIONS = ("StateLambda", "MapLambda", "ReduceLambda")
ERROR = (
    "InjectedCrash: crash after the write, at record 37 of 100 (attempt 2)\n  stateful/reduce.py, in handler"
)
Books = dict[str, tuple[int, int]]


def recorded_run(pipelines: int = 2, *, seconds: int = 60, drifts: bool = True) -> list[dict[str, Any]]:
    """Return one snapshot a second."""
    numbers = random.Random(7)
    names = ("ledger", "textbook")[:pipelines]
    books: dict[str, Books] = {name: dict.fromkeys(LEAVES, (0, 0)) for name in names}
    waiting = dict.fromkeys(names, 0)
    snapshots = []
    for second in range(seconds + 1):
        sent = RATE if 0 < second <= SENDING_SECONDS else 0
        arriving = [(numbers.choice(LEAVES), numbers.randrange(-150_000, 900_000)) for _ in range(sent)]
        for place, name in enumerate(names):
            for leaf, cents in arriving:
                total, count = books[name][leaf]
                books[name][leaf] = total + cents, count + 1
            slow = CRASH_FROM <= second < CRASH_UNTIL
            backlog = sent and (numbers.randrange(60, 260) if slow else numbers.randrange(4, 40))
            waiting[name] = backlog if second <= SENDING_SECONDS else 0
            if drifts and place and DRIFT_AT <= second <= CRASH_UNTIL and second % 3 == 0:
                total, count = books[name][LEAVES[0]]
                books[name][LEAVES[0]] = total + 41_350, count
        shown = [_pipeline(name, books[name], waiting[name], second, numbers) for name in names]
        if drifts and pipelines > 1 and second >= DRIFT_AT:
            shown[1]["meter"] = _off(books["textbook"], books["ledger"])
        snapshots.append(_snapshot(second, shown))
    return snapshots


def _snapshot(second: int, pipelines: list[dict[str, Any]]) -> dict[str, Any]:
    total = RATE * SENDING_SECONDS
    sent = min(total, RATE * second)
    state = "sending" if sent < total else "settling" if second < SENDING_SECONDS + 5 else "done"
    text = {
        "sending": "seed 7",
        "settling": "the last batches are on their way",
        "done": "the pipeline is at rest",
    }
    marks = [(8, "duplicates 10 %"), (CRASH_FROM, "crash_after 10 %"), (CRASH_UNTIL, "no more faults")]
    is_crashing = CRASH_FROM <= second < CRASH_UNTIL
    return {
        "seconds": float(second),
        "run": {"state": state, "text": text[state], "sent": sent, "total": total},
        "pipelines": pipelines,
        "marks": [{"seconds": float(at), "text": told} for at, told in marks if at <= second],
        "levels": list(LEVELS),
        "controls": {
            "rate": RATE,
            "messages": total,
            "duplicates": 10 if second >= 8 else 0,
            "modify": 5,
            "out_of_order": 20,
            "seed": 7,
            "batch_size": 100,
            "faults": {
                "crash_before": 0.0,
                "crash_after": 0.1 if is_crashing else 0.0,
                "timeout": 0.0,
                "duplicate": 0.0,
            },
        },
    }


def _pipeline(name: str, books: Books, waiting: int, second: int, numbers: random.Random) -> dict[str, Any]:
    totals, trades = _rolled_up(books)
    state = "empty" if second == 0 else "in_flight" if waiting else "exact"
    told = {
        "empty": "No message has been sent.",
        "in_flight": "What has been applied is right; the rest is on its way.",
        "exact": "Every total is what the messages say.",
    }
    is_moving = 0 < second <= SENDING_SECONDS + 3
    p50 = 0.55 + numbers.random() * 0.15 + waiting / 300
    spread = {"mean": 1.12, "p50": 1.0, "p95": 1.9, "p99": 2.6, "max": 3.3}
    latency = {each: round(p50 * factor, 3) if is_moving else None for each, factor in spread.items()}
    return {
        "name": name,
        "stack": f"course-{name}",
        "totals": {path: f"{cents / 100:.2f}" for path, cents in totals.items()},
        "trades": trades,
        "meter": {
            "state": state,
            "in_flight": waiting,
            "off_by": None,
            "path": None,
            "since": None,
            "trade": None,
            "text": told[state],
        },
        "sent_per_second": float(RATE) if 0 < second <= SENDING_SECONDS else 0.0,
        "applied_per_second": round(RATE - waiting / 12 + numbers.random() * 6, 1) if is_moving else 0.0,
        "latency": latency,
        "hops": [_hop(each, place, waiting, second, numbers) for place, each in enumerate(FUNCTIONS)],
    }


def _off(books: Books, right: Books) -> dict[str, Any]:
    cents = books[LEAVES[0]][0] - right[LEAVES[0]][0]
    return {
        "state": "off",
        "in_flight": 0,
        "off_by": f"{cents / 100:.2f}",
        "path": LEAVES[0],
        "since": float(DRIFT_AT),
        "trade": "T-000482",
        "text": "A batch was counted again after its function had crashed.",
    }


def _rolled_up(books: Books) -> tuple[dict[str, int], dict[str, int]]:
    totals: dict[str, int] = {}
    trades: dict[str, int] = {}
    for leaf, (cents, count) in books.items():
        names = leaf.split(":")
        for path in [":".join(names[:depth]) for depth in (1, 2, 3)] + ["Grand Total"]:
            totals[path] = totals.get(path, 0) + cents
            trades[path] = trades.get(path, 0) + count
    return totals, trades


def _hop(function: str, place: int, waiting: int, second: int, numbers: random.Random) -> dict[str, Any]:
    crashes = max(0, min(second, CRASH_UNTIL) - CRASH_FROM) if place else 0
    return {
        "function": function,
        "state": "Enabled",
        "batch_size": 100,
        "mean_batch": round(30 + numbers.random() * 30, 1),
        "waiting": waiting // (place + 1),
        "age_seconds": round(waiting / 90, 2),
        "errors": crashes,
        "retries": crashes,
        "last_error": ERROR if crashes else None,
    }
