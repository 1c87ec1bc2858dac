"""Faults to plant in the model: each puts one thing wrong, and says which causes name it rightly."""

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal

from tests.diagnosis.pipeline_model import ROOT, SHARDS, Change, Model, Planted, leaf_of, paths_to
from workshop.diagnosis import CauseKind

Plant = Callable[[Model], Planted]


def places_of_trade(model: Model, trade: str) -> list[int]:
    return model.places[trade]


def winner_of(model: Model, trade: str) -> int:
    return max(model.places[trade], key=lambda place: model.sent[place].version)


def trades(model: Model) -> list[str]:
    return list(model.places)


def changes(model: Model) -> list[Change]:
    return [change for batch in model.state()[1] for change in batch]


def duplicate(model: Model) -> Planted:
    """A message is taken as a new trade, once or several times too often."""
    place = model.random.choice([p for p, message in enumerate(model.sent) if not message.cancelled])
    model.faults.taken_as_new[place] = model.random.randint(1, 4)
    return Planted("duplicate", frozenset({CauseKind.DUPLICATE_COUNTED}), model.sent[place].trade_id)


def message_lost(model: Model) -> Planted:
    """One message that matters never arrives."""
    place = model.random.randrange(len(model.sent))
    if model.stateful:
        alone = [
            winner
            for trade in trades(model)
            if (winner := winner_of(model, trade)) is not None
            and not model.sent[winner].cancelled
            and sum(model.sent[place] == model.sent[winner] for place in places_of_trade(model, trade)) == 1
        ]
        place = model.random.choice(alone)
    model.faults.never_arrives.add(place)
    trade = model.sent[place].trade_id
    return Planted("message lost", frozenset({CauseKind.MESSAGE_LOST}), trade, frozenset({place}))


def stale(model: Model) -> Planted:
    """An older version that arrives after a newer one is applied."""
    late = []
    for trade in trades(model):
        places, winner = places_of_trade(model, trade), winner_of(model, trade)
        last = places[-1]
        older = model.sent[last].version < model.sent[winner].version
        if older and not model.sent[winner].cancelled and not model.sent[last].cancelled:
            late.append(last)
    place = model.random.choice(late)
    model.faults.overrides.add(place)
    return Planted("stale", frozenset({CauseKind.STALE_VERSION}), model.sent[place].trade_id)


def stale_again(model: Model) -> Planted:
    """An older version, replaced long ago, is delivered once more and applied."""
    older = [
        change.place
        for change in changes(model)
        if (newest := model.sent[winner_of(model, change.new.trade_id)]).version > change.new.version
        and not newest.cancelled
        and not change.new.cancelled
    ]
    place = model.random.choice(older)
    model.faults.comes_back.append(place)
    model.faults.overrides.add(place)
    return Planted("stale again", frozenset({CauseKind.STALE_VERSION}), model.sent[place].trade_id)


def old_kept(model: Model) -> Planted:
    """Map does not subtract the value that a change replaces."""
    change = model.random.choice(
        [
            change
            for change in changes(model)
            if change.old and not change.old.cancelled and not change.new.cancelled
        ]
    )
    model.faults.old_kept.add(change.place)
    return Planted("old kept", frozenset({CauseKind.OLD_VALUE_KEPT}), change.new.trade_id)


def cancelled(model: Model) -> Planted:
    """A cancelled trade counts on: its cancellation is lost, not subtracted, or taken for a value."""
    change = model.random.choice(
        [
            change
            for change in changes(model)
            if change.old
            and not change.old.cancelled
            and change.new.cancelled
            and model.sent[winner_of(model, change.new.trade_id)] == change.new
        ]
    )
    trade = change.new.trade_id
    way = model.random.randrange(3)
    if way == 0:
        same = [place for place in places_of_trade(model, trade) if model.sent[place] == change.new]
        model.faults.never_arrives.update(same)
    elif way == 1:
        model.faults.old_kept.add(change.place)
    else:
        model.faults.tombstone_lives.add(change.place)
    return Planted("cancelled", frozenset({CauseKind.CANCELLED_COUNTED}), trade)


def conflict(model: Model) -> Planted:
    """Of two contents with the same version, the one that came second stands."""
    first: dict[tuple[str, int], int] = {}
    for place, message in enumerate(model.sent):
        original = first.setdefault((message.trade_id, message.version), place)
        if model.sent[original] != message:
            model.faults.overrides.add(place)
            return Planted("conflict", frozenset({CauseKind.CONFLICT}), message.trade_id)
    raise AssertionError("the plan holds no conflict")


def state_batch_lost(model: Model) -> Planted:
    """A batch never gets past State, or in the stateless pipeline past Map."""
    winners = {winner_of(model, trade) for trade in trades(model)} if model.stateful else range(10**6)
    batches = [batch for batch in model.state_batches() if sum(place in winners for place in batch) > 3]
    batch = model.random.choice(batches)
    model.faults.never_arrives.update(batch)
    return Planted("state batch lost", frozenset({CauseKind.BATCH_LOST}), places=frozenset(batch))


def map_batch_lost(model: Model) -> Planted:
    """A batch of changes is swallowed by Map."""
    number, places = _batch(model, model.state()[1])
    model.faults.map_lost.add(number)
    return Planted("map batch lost", frozenset({CauseKind.BATCH_LOST}), places=places)


def map_batch_twice(model: Model) -> Planted:
    """Map writes a batch again under another key, once or twice."""
    batches = model.state()[1]
    number, places = _batch(model, batches)
    model.faults.map_again[number] = model.random.randint(1, 2)
    names = [row.name for row in model.written_rows(batches) if row.changes == batches[number]]
    kinds = frozenset({CauseKind.MAP_BATCH_TWICE, CauseKind.BATCH_TWICE})
    return Planted("map batch twice", kinds, places=places, rows=frozenset(names))


def row_lost(model: Model) -> Planted:
    """A row of ReduceTable is never added."""
    rows = list(model.written_rows(model.state()[1]))
    number = model.random.choice([n for n, row in enumerate(rows) if len(row.changes) > 2 * SHARDS])
    model.faults.row_lost.add(number)
    row = rows[number]
    kinds = frozenset({CauseKind.BATCH_LOST})
    places = frozenset(change.place for change in row.changes)
    return Planted("row lost", kinds, places=places, rows=frozenset({row.name}))


def double_reduce(model: Model) -> Planted:
    """One row, or a few that follow each other, are added again."""
    rows = list(model.written_rows(model.state()[1]))
    first = model.random.choice([n for n, row in enumerate(rows) if len(row.changes) > 2 * SHARDS])
    chosen = range(first, min(len(rows), first + model.random.randint(1, 3)))
    model.faults.row_again.update(dict.fromkeys(chosen, model.random.randint(1, 2)))
    return Planted(
        "double reduce",
        frozenset({CauseKind.DOUBLE_REDUCE, CauseKind.BATCH_TWICE}),
        places=frozenset(change.place for number in chosen for change in rows[number].changes),
        rows=frozenset(rows[number].name for number in chosen),
    )


def state_in_flight(model: Model) -> Planted:
    """The last messages of the shards have not reached State (or the stateless Map) yet."""
    winners = {winner_of(model, trade) for trade in trades(model)}
    places: list[int] = []
    for lane in model.lanes():
        # Late duplicates gather at the end of a plan, and their absence shows in no total.
        count = model.random.randint(3, 30)
        start = [number for number, place in enumerate(lane) if place in winners][-count]
        places += lane[start:]
    model.faults.never_arrives.update(places)
    return Planted("state in flight", frozenset({CauseKind.IN_FLIGHT}), places=frozenset(places))


def reduce_in_flight(model: Model) -> Planted:
    """The last rows have not been added yet."""
    model.faults.unreduced = model.random.randint(2, 3)
    rows = list(model.written_rows(model.state()[1]))[-model.faults.unreduced :]
    places = frozenset(change.place for row in rows for change in row.changes)
    names = frozenset(row.name for row in rows)
    return Planted("reduce in flight", frozenset({CauseKind.IN_FLIGHT}), places=places, rows=names)


def torn_cell(model: Model) -> Planted:
    """A total above the leaves is not the sum of its children."""
    inner = {path for message in model.sent for path in paths_to(leaf_of(message))[:-1]}
    path = model.random.choice(sorted(inner))
    model.faults.cell_off[path] = Decimal(model.random.choice([-1, 1]) * model.random.randint(1, 10**6)) / 100
    return Planted("torn cell", frozenset({CauseKind.TORN_TOTAL}), cells=frozenset({path}))


def torn_row(model: Model) -> Planted:
    """A row is added to some of its cells only."""
    rows = list(model.written_rows(model.state()[1]))
    number = model.random.randrange(len(rows))
    touched = sorted(rows[number].cells())
    missing = set(model.random.sample(touched, model.random.randint(1, len(touched) - 1)))
    model.faults.row_torn[number] = missing
    kinds = frozenset({CauseKind.TORN_TOTAL})
    cells = frozenset(paths_and_parents(missing))
    return Planted("torn row", kinds, rows=frozenset({rows[number].name}), cells=cells)


def paths_and_parents(paths: Iterable[str]) -> set[str]:
    return {ROOT} | {part for path in paths if path != ROOT for part in paths_to(path)}


def _batch(model: Model, batches: Sequence[list[Change]]) -> tuple[int, frozenset[int]]:
    number = model.random.choice([n for n, batch in enumerate(batches) if len(batch) > 2 * SHARDS])
    return number, frozenset(change.place for change in batches[number])


# In the order of the stages: what is planted later finds the batches as the earlier faults have left them.
STATEFUL: tuple[Plant, ...] = (
    message_lost,
    state_batch_lost,
    state_in_flight,
    stale,
    stale_again,
    conflict,
    cancelled,
    duplicate,
    old_kept,
    map_batch_lost,
    map_batch_twice,
    row_lost,
    double_reduce,
    reduce_in_flight,
    torn_row,
    torn_cell,
)
ONLY_STATEFUL = {stale, stale_again, conflict, cancelled, old_kept, map_batch_lost}
STATELESS: tuple[Plant, ...] = tuple(plant for plant in STATEFUL if plant not in ONLY_STATEFUL)
