"""Faults to plant in the model: each puts one thing wrong, and says which causes name it rightly."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import chain

from tests.diagnosis.pipeline_model import ROOT, SHARDS, Change, Model, Planted, Row, leaf_of, paths_to
from workshop.diagnosis import CauseKind
from workshop.pipeline.messages import Message

Plant = Callable[[Model], Planted]


def winner_of(model: Model, trade: str) -> int:
    return max(model.places[trade], key=lambda place: model.sent[place].version)


def copies_of(model: Model, message: Message) -> list[int]:
    return [place for place in model.places[message.trade_id] if model.sent[place] == message]


def changes(model: Model, *, cancel: bool) -> list[Change]:
    """Return the changes that replace a live version by another, or by a cancellation."""
    return [
        change
        for change in chain.from_iterable(model.batches)
        if change.old and not change.old.cancelled and change.new.cancelled == cancel
    ]


def duplicate(model: Model) -> Planted:
    """Map takes a message for a new trade, once or several times too often."""
    alive = [each for each in chain.from_iterable(model.batches) if not each.new.cancelled]
    change = model.random.choice(alive)
    model.faults.taken_as_new[change.place] = model.random.randint(1, 4)
    return Planted({CauseKind.DUPLICATE_COUNTED}, change.new.trade_id)


def message_lost(model: Model) -> Planted:
    """One message that matters never arrives."""
    place = model.random.randrange(len(model.sent))
    if model.stateful:
        winners = [winner_of(model, trade) for trade in model.places]
        alive = [(winner, model.sent[winner]) for winner in winners if not model.sent[winner].cancelled]
        alone = [winner for winner, message in alive if len(copies_of(model, message)) == 1]
        place = model.random.choice(alone)
    model.faults.never_arrives.add(place)
    return Planted({CauseKind.MESSAGE_LOST}, model.sent[place].trade_id, {place})


def stale(model: Model) -> Planted:
    """An older version that arrives after a newer one is applied."""
    late = []
    for trade, places in model.places.items():
        last, newest = model.sent[places[-1]], model.sent[winner_of(model, trade)]
        if last.version < newest.version and not newest.cancelled and not last.cancelled:
            late.append(places[-1])
    place = model.random.choice(late)
    model.faults.overrides.add(place)
    return Planted({CauseKind.STALE_VERSION}, model.sent[place].trade_id)


def stale_again(model: Model) -> Planted:
    """An older version, replaced long ago, is delivered once more and applied."""
    older = [
        change.place
        for change in chain.from_iterable(model.batches)
        if (newest := model.sent[winner_of(model, change.new.trade_id)]).version > change.new.version
        and not newest.cancelled
        and not change.new.cancelled
    ]
    place = model.random.choice(older)
    model.faults.comes_back.append(place)
    model.faults.overrides.add(place)
    return Planted({CauseKind.STALE_VERSION}, model.sent[place].trade_id)


def old_kept(model: Model) -> Planted:
    """Map does not subtract the value that a change replaces."""
    change = model.random.choice(changes(model, cancel=False))
    model.faults.old_kept.add(change.place)
    return Planted({CauseKind.OLD_VALUE_KEPT}, change.new.trade_id)


def cancelled(model: Model) -> Planted:
    """A cancelled trade counts on: its cancellation is lost, not subtracted, or taken for a value."""
    ended = changes(model, cancel=True)
    change = model.random.choice(
        [each for each in ended if model.sent[winner_of(model, each.new.trade_id)] == each.new]
    )
    way = model.random.randrange(3)
    if way == 0:
        model.faults.never_arrives.update(copies_of(model, change.new))
    elif way == 1:
        model.faults.old_kept.add(change.place)
    else:
        model.faults.tombstone_lives.add(change.place)
    return Planted({CauseKind.CANCELLED_COUNTED}, change.new.trade_id)


def conflict(model: Model) -> Planted:
    """Of two contents with the same version, the one that came second stands."""
    first: dict[tuple[str, int], int] = {}
    for place, message in enumerate(model.sent):
        original = first.setdefault((message.trade_id, message.version), place)
        if model.sent[original] != message:
            model.faults.overrides.add(place)
            return Planted({CauseKind.CONFLICT}, message.trade_id)
    raise AssertionError("the plan holds no conflict")


def state_batch_lost(model: Model) -> Planted:
    """A batch never gets past State, or in the stateless pipeline past Map."""
    winners = {winner_of(model, trade) for trade in model.places} if model.stateful else range(10**6)
    batches = [batch for batch in model.state_batches() if sum(place in winners for place in batch) > 3]
    batch = model.random.choice(batches)
    model.faults.never_arrives.update(batch)
    return Planted({CauseKind.BATCH_LOST}, places=set(batch))


def map_batch_lost(model: Model) -> Planted:
    """A batch of changes is swallowed by Map."""
    number, places = _batch(model, model.batches)
    model.faults.map_lost.add(number)
    return Planted({CauseKind.BATCH_LOST}, places=places)


def map_batch_twice(model: Model) -> Planted:
    """Map writes a batch again under another key, once or twice."""
    number, places = _batch(model, model.batches)
    model.faults.map_again[number] = model.random.randint(1, 2)
    batch = model.batches[number]  # made anew whenever it is asked for
    names = {row.name for row in model.rows if row.changes == batch}
    return Planted({CauseKind.MAP_BATCH_TWICE}, places=places, rows=names)


def row_lost(model: Model) -> Planted:
    """A row of ReduceTable is never added."""
    number, _ = _batch(model, [row.changes for row in model.rows])
    model.faults.row_lost.add(number)
    return _planted_in(CauseKind.BATCH_LOST, model.rows[number : number + 1])


def double_reduce(model: Model) -> Planted:
    """One row, or a few that follow each other, are added again."""
    rows = model.rows
    first, _ = _batch(model, [row.changes for row in rows])
    chosen = range(first, min(len(rows), first + model.random.randint(1, 3)))
    model.faults.row_again.update(dict.fromkeys(chosen, model.random.randint(1, 2)))
    return _planted_in(CauseKind.DOUBLE_REDUCE, [rows[number] for number in chosen])


def state_in_flight(model: Model) -> Planted:
    """The last messages of the shards have not reached State (or the stateless Map) yet."""
    winners = {winner_of(model, trade) for trade in model.places}
    places: list[int] = []
    for lane in model.lanes():
        # Late duplicates gather at the end of a plan, and their absence shows in no total.
        count = model.random.randint(3, 30)
        start = [number for number, place in enumerate(lane) if place in winners][-count]
        places += lane[start:]
    model.faults.never_arrives.update(places)
    return Planted({CauseKind.IN_FLIGHT}, places=set(places))


def reduce_in_flight(model: Model) -> Planted:
    """The last rows have not been added yet."""
    model.faults.unreduced = model.random.randint(2, 3)
    return _planted_in(CauseKind.IN_FLIGHT, model.rows[-model.faults.unreduced :])


def torn_cell(model: Model) -> Planted:
    """A total above the leaves is not the sum of its children."""
    inner = {path for message in model.sent for path in paths_to(leaf_of(message))[:-1]}
    path = model.random.choice(sorted(inner))
    model.faults.cell_off[path] = Decimal(model.random.choice([-1, 1]) * model.random.randint(1, 10**6)) / 100
    return Planted({CauseKind.TORN_TOTAL}, cells={path})


def torn_row(model: Model) -> Planted:
    """A row is added to some of its cells only."""
    rows = model.rows
    number = model.random.randrange(len(rows))
    touched = sorted(rows[number].cells())
    missing = set(model.random.sample(touched, model.random.randint(1, len(touched) - 1)))
    model.faults.row_torn[number] = missing
    above = {part for path in missing - {ROOT} for part in paths_to(path)}
    return Planted({CauseKind.TORN_TOTAL}, rows={rows[number].name}, cells={ROOT, *above})


def _batch(model: Model, batches: Sequence[list[Change]]) -> tuple[int, set[int]]:
    """Choose a batch that is not too small, and return its number and the places of its messages."""
    number = model.random.choice([n for n, batch in enumerate(batches) if len(batch) > 2 * SHARDS])
    return number, {change.place for change in batches[number]}


def _planted_in(kind: CauseKind, rows: Sequence[Row]) -> Planted:
    """Return the fault that befell these rows."""
    places = {change.place for row in rows for change in row.changes}
    return Planted({kind}, places=places, rows={row.name for row in rows})


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
