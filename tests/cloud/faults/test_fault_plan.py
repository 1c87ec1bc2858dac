"""A fault plan: one description of what goes wrong, the same wherever it is read."""

import json
from collections import Counter

import pytest

from workshop.cloud.fault_plan import FUNCTION_KINDS, PRESETS, FaultKind, FaultPlan, stage_of
from workshop.cloud.offline.faults.dice import FaultDice
from workshop.errors import ConfigurationError

PLAN = FaultPlan(
    seed=7,
    rates={"crash_after": 0.1, "crash_after@map": 0.5, "delayed": 1.0, "killed": 0.25},
    strikes=("response_lost@reduce#2",),
    limit=3,
)


def draws(plan: FaultPlan, times: int = 200) -> list[bool]:
    dice = FaultDice(plan)
    return [dice.falls(FaultKind.CRASH_AFTER, "map") for _ in range(times)]


@pytest.mark.parametrize("plan", [PLAN, *PRESETS.values()])
def test_a_plan_survives_its_journey(plan: FaultPlan) -> None:
    """A plan that is written as JSON and read again is the same plan."""
    assert FaultPlan.from_json(plan.to_json()) == plan


def test_equal_plans_are_equal_text() -> None:
    """The order in which rates are given does not show in the JSON."""
    turned = FaultPlan(PLAN.seed, dict(reversed(PLAN.rates.items())), PLAN.strikes, PLAN.limit)

    assert turned.to_json() == PLAN.to_json()


def test_a_stage_of_its_own_beats_the_general_rate() -> None:
    """A rate for `kind@stage` stands in place of the rate for the kind."""
    assert PLAN.rate(FaultKind.CRASH_AFTER, "map") == 0.5
    assert PLAN.rate(FaultKind.CRASH_AFTER, "reduce") == 0.1
    assert PLAN.rate(FaultKind.SLOW, "map") == 0.0


def test_a_function_beside_the_pipeline_is_struck_by_name_alone() -> None:
    """What goes wrong anywhere goes wrong in the pipeline's stages, not in the game's generator."""
    plan = FaultPlan(rates={"killed": 0.3, "slow@generator": 0.2})

    assert plan.rate(FaultKind.KILLED, "state") == 0.3
    assert plan.rate(FaultKind.KILLED, "generator") == 0.0
    assert plan.rate(FaultKind.SLOW, "generator") == 0.2


@pytest.mark.parametrize(
    ("words", "rates"),
    [
        (["none"], {}),
        (["crash_after=0.1"], {"crash_after": 0.1}),
        (["crash_after@map=1", "slow=0"], {"crash_after@map": 1.0, "slow": 0.0}),
        (['{"rates": {"killed": 0.5}}'], {"killed": 0.5}),
        (["lab"], PRESETS["lab"].rates),
    ],
)
def test_people_write_plans_in_words(words: list[str], rates: dict[str, float]) -> None:
    """A plan is a preset, JSON, or a list of kinds with their rates."""
    assert FaultPlan.from_words(words).rates == rates


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["crash_after"], "`crash_after` sets no fault"),
        (["crash=0.1"], "no fault `crash`"),
        (["crash_after=often"], "`often`"),
        (["crash_after=2"], "`2.0`"),
        (["crash_after@=0.1"], "names no stage"),
        (["lab", "slow=0.1"], "`lab` sets no fault"),
        (["{"], "JSON"),
        (['{"rate": 1}'], "`{'rate': 1}`"),
        (['{"rates": 1}'], "`rates`"),
        (['{"seed": "one"}'], "`seed`"),
        (['{"limit": -1}'], "`limit`"),
        (['{"strikes": ["crash_after#1"]}'], "`crash_after#1`"),
        (['{"strikes": ["crash_after@map#0"]}'], "`crash_after@map#0`"),
    ],
)
def test_a_plan_that_means_nothing_is_refused(words: list[str], named: str) -> None:
    """What cannot be understood is an error that names it."""
    with pytest.raises(ConfigurationError) as refused:
        FaultPlan.from_words(words)

    assert named in str(refused.value)


def test_presets_cover_every_kind() -> None:
    """`all` has a rate for each kind of fault, `none` for no kind."""
    assert {name.partition("@")[0] for name in PRESETS["all"].rates} == set(FaultKind)
    assert PRESETS["none"].is_empty


def test_each_fault_has_one_place() -> None:
    """Offline, what functions do and what the cloud does are the whole plan, without overlap."""
    plan = PRESETS["all"]
    inside, outside = plan.inside_functions(offline=True), plan.in_the_cloud()

    assert {**inside.rates, **outside.rates} == plan.rates
    assert not inside.rates.keys() & outside.rates.keys()


def test_on_aws_functions_do_what_they_can() -> None:
    """On AWS a function crashes, exits, pauses and runs out of time by itself."""
    inside = PRESETS["all"].inside_functions(offline=False)

    assert {name.partition("@")[0] for name in inside.rates} == FUNCTION_KINDS


def test_the_seed_decides() -> None:
    """Equal plans draw equally, and another seed draws differently."""
    plan = FaultPlan(seed=1, rates={"crash_after": 0.3})

    assert draws(plan) == draws(plan)
    assert draws(plan) != draws(FaultPlan(seed=2, rates={"crash_after": 0.3}))
    assert 30 < sum(draws(plan)) < 90


def test_kinds_and_stages_do_not_disturb_each_other() -> None:
    """Opportunities of another kind or stage change nothing about what a kind draws at a stage."""
    plan = FaultPlan(seed=1, rates={"crash_after": 0.3, "slow": 0.5})
    dice = FaultDice(plan)
    mixed = []
    for _ in range(200):
        dice.falls(FaultKind.SLOW, "map")
        dice.falls(FaultKind.CRASH_AFTER, "reduce")
        mixed.append(dice.falls(FaultKind.CRASH_AFTER, "map"))

    assert mixed == draws(plan)


def test_a_limit_ends_a_plan() -> None:
    """No kind happens more often at a stage than the limit says."""
    assert sum(draws(FaultPlan(rates={"crash_after": 0.9}, limit=2))) == 2


def test_a_strike_hits_one_opportunity() -> None:
    """A strike names the one opportunity at which its fault happens."""
    assert draws(FaultPlan(strikes=("crash_after@map#3",)), 5) == [False, False, True, False, False]


def test_what_has_happened_is_counted() -> None:
    """Faults are counted by kind, over all stages, together with those that happened elsewhere."""
    dice = FaultDice(FaultPlan(rates={"crash_after": 1.0}))
    for stage in ("map", "reduce"):
        dice.falls(FaultKind.CRASH_AFTER, stage)
        dice.falls(FaultKind.SLOW, stage)
    dice.count(FaultKind.KILLED, 3)

    assert dice.met == {"crash_after": 2, "killed": 3}
    assert dice.opportunities["slow@map"] == 1


def test_a_choice_is_even() -> None:
    """What a fault leaves open is chosen evenly."""
    dice = FaultDice(FaultPlan(seed=1))
    counts = Counter(dice.choose(FaultKind.RE_BATCHED, "map", 3) for _ in range(300))

    assert sorted(counts) == [0, 1, 2]
    assert min(counts.values()) > 70


@pytest.mark.parametrize(
    ("function", "stage"),
    [("trade-risk-stateful-MapLambda", "map"), ("StateLambda", "state"), ("my-own-thing", "thing")],
)
def test_a_function_belongs_to_a_stage(function: str, stage: str) -> None:
    """The last word of a function's name says which stage it is."""
    assert stage_of(function) == stage


def test_a_plan_is_a_json_object() -> None:
    """The JSON of a plan holds seed, rates, strikes and limit, and nothing else."""
    assert json.loads(PLAN.to_json()).keys() == {"seed", "rates", "strikes", "limit"}
