"""The proof is sharp: with any one guard of the ledger taken out, it finds a schedule that is not exact."""

import pytest

from tests.proof.mutations import MUTATIONS, Replacement, mutated
from workshop.deploy.bundles import FUNCTIONS, build_bundle
from workshop.errors import BundleError
from workshop.proof.schedules import make_schedule

SCHEDULES = 200
# Tried first, since each of them has found a guard.
SHARP = (10, 40, 38, 29, 18, 14, 13, 2, 1)


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_missing_guard_is_found(bench_of, name: str) -> None:
    """Without this guard, one of the first 200 schedules is not exact."""
    bench = bench_of("ledger")
    bench.use("ledger", lambda contents: mutated(contents, MUTATIONS[name]))

    seeds = sorted(range(1, SCHEDULES + 1), key=lambda seed: seed not in SHARP)
    found = next((seed for seed in seeds if not bench.run(make_schedule(seed)).exact), None)

    assert found is not None


def test_a_mutation_that_finds_nothing_is_an_error() -> None:
    """A mutation whose text is not in the code cannot pass for one that was not found out."""
    contents = {name: build_bundle("stateful", name, "ledger").content for name in FUNCTIONS["stateful"]}
    lost = [Replacement("common/ledger.py", "no such text", "")]

    with pytest.raises(BundleError, match="no such text"):
        mutated(contents, lost)


def test_an_ambiguous_mutation_is_an_error() -> None:
    """A text that stands twice in a file says nothing about which guard is meant."""
    contents = {"map": build_bundle("stateful", "map", "ledger").content}
    twice = [Replacement("common/ledger.py", "cursor", "x")]

    with pytest.raises(BundleError, match="`cursor` stands"):
        mutated(contents, twice)


def test_a_mutation_changes_what_it_names_alone() -> None:
    """Bundles without the mutated file stay as they are."""
    contents = {name: build_bundle("stateful", name, "ledger").content for name in FUNCTIONS["stateful"]}

    changed = mutated(contents, MUTATIONS["epoch of messages"])

    assert {name for name in contents if contents[name] != changed[name]} == {"state"}
