"""Each role of the templates may make the calls that its function needs, and no other call in the stack."""

from collections import Counter
from collections.abc import Iterator
from functools import cache

import pytest
from moto.sts.models import sts_backends

from tests.cloud.permissions.calls import Attempt, attempts_on, things_of
from tests.cloud.permissions.conftest import REGION, Roles, make_client
from workshop.cloud.laboratory import Laboratory
from workshop.cloud.offline.runtime.arns import FunctionReference
from workshop.cloud.offline.runtime.environments.environment import Credentials
from workshop.cloud.offline.runtime.environments.sessions import role_session
from workshop.cloud.offline.runtime.invocations.functions import find_function
from workshop.deploy.stacks import deploy
from workshop.game.play import GAME_LEVELS, set_up
from workshop.settings import ACCOUNT_ID

READ_KINESIS = {"DescribeStream", "DescribeStreamSummary", "GetRecords", "GetShardIterator", "ListShards"}
READ_TABLE_STREAM = {"DescribeStream", "GetRecords", "GetShardIterator"}
SET_ASIDE = {"BatchWriteItem", "PutItem"}
SETTINGS = {"ConditionCheckItem", "GetItem"}
REPORT = {"SendMessage"}
LOG = {"CreateLogStream", "PutLogEvents"}
MOVE = {"GetItem", "UpdateItem"}
SHARED = {"QuarantineTable": SET_ASIDE, "ParameterTable": SETTINGS, "FailureQueue": REPORT}

IN_BOTH: dict[str, dict[str, set[str]]] = {
    "ReduceLambda": {
        **SHARED,
        "ReduceTable": READ_TABLE_STREAM,
        "AggregateTable": {"UpdateItem"},
        "LedgerTable": MOVE,
        "ReduceLambdaLogGroup": LOG,
    },
    "ProducerPolicy": {"IncomingDataStream": {"PutRecords"}},
    "FrontEndPolicy": {"AggregateTable": {"GetItem", "Scan"}},
}

# Stack → who → thing → what they need on it.
NEEDED: dict[str, dict[str, dict[str, set[str]]]] = {
    "stateful": {
        "StateLambda": {
            **SHARED,
            "IncomingDataStream": READ_KINESIS,
            "StateTable": {"PartiQLInsert", "PartiQLUpdate", "UpdateItem"},
            "ParameterTable": {"GetItem"},
            "StateLambdaLogGroup": LOG,
        },
        "MapLambda": {
            **SHARED,
            "StateTable": READ_TABLE_STREAM,
            "ReduceTable": {"PutItem"},
            "LedgerTable": MOVE,
            "MapLambdaLogGroup": LOG,
        },
        **IN_BOTH,
    },
    "stateless": {
        "MapLambda": {
            **SHARED,
            "IncomingDataStream": READ_KINESIS,
            "ReduceTable": {"PutItem"},
            "LedgerTable": MOVE,
            "MapLambdaLogGroup": LOG,
        },
        **IN_BOTH,
    },
    "game": {
        "GeneratorLambda": {
            "IncomingDataStream": {"PutRecords"},
            "AggregateTable": {"GetItem", "Scan"},
            "ParameterTable": {"ConditionCheckItem", "GetItem", "PutItem", "UpdateItem"},
            "GeneratorLambdaLogGroup": LOG,
        },
        "GameScheduleRole": {"GeneratorLambda": {"InvokeFunction"}},
    },
}
CASES = [(stack, who) for stack, needed in NEEDED.items() for who in needed]


def as_service(role: str) -> Credentials:
    """Return the credentials with which a service acts that a role trusts."""
    session = sts_backends[ACCOUNT_ID]["aws"].assume_role(
        region_name=REGION,
        role_session_name="service",
        role_arn=f"arn:aws:iam::{ACCOUNT_ID}:role/{role}",
        policy="",
        duration=3600,
        external_id="",
    )
    return Credentials(session.access_key_id, session.secret_access_key, session.session_token)


class Stacks:
    """The workshop's three stacks in one account, and who acts in them."""

    def __init__(self, laboratory: Laboratory) -> None:
        self.laboratory = laboratory
        deploy(laboratory, "stateful", stack="stateful", parameters={"HierarchyLevels": GAME_LEVELS})
        deploy(laboratory, "stateless", stack="stateless")
        set_up(laboratory, "stateful")
        self.names = {"stateful": "stateful", "stateless": "stateless", "game": "stateful-generator"}
        self.roles = Roles(laboratory)

    def physical(self, stack: str, logical_id: str) -> str:
        """Return the name of something in a stack, or a policy's ARN."""
        found = self.laboratory.client("cloudformation").describe_stack_resource(
            StackName=self.names[stack], LogicalResourceId=logical_id
        )
        return str(found["StackResourceDetail"]["PhysicalResourceId"])

    def credentials(self, stack: str, who: str) -> Credentials:
        """Return the credentials of a function, of a service's role, or of a role with one managed policy."""
        if who.endswith("Lambda"):
            reference = FunctionReference(self.physical(stack, who))
            return role_session(find_function(reference, region=REGION, account_id=ACCOUNT_ID))
        if who.endswith("Role"):
            return as_service(self.physical(stack, who))
        name = f"{stack}-{who}"
        self.roles.make(name)
        self.roles.iam.attach_role_policy(RoleName=name, PolicyArn=self.physical(stack, who))
        return self.roles.assume(name)

    @cache  # noqa: B019 # lives as long as the module's tests
    def attempts(self) -> list[tuple[str, Attempt]]:
        """Return every call on everything in all stacks, with the stack."""
        return [
            (stack, attempt)
            for stack, name in self.names.items()
            for thing in things_of(self.laboratory, name)
            for attempt in attempts_on(self.laboratory, thing)
        ]


@pytest.fixture(scope="module")
def stacks() -> Iterator[Stacks]:
    """All stacks, deployed once."""
    with Laboratory(region=REGION) as laboratory:
        yield Stacks(laboratory)


@pytest.mark.parametrize(("stack", "who"), CASES)
def test_each_may_do_what_it_needs_and_nothing_else(stacks: Stacks, stack: str, who: str) -> None:
    """Every call on every table, stream, queue, function and log is allowed just where it is needed."""
    credentials = stacks.credentials(stack, who)
    client = cache(lambda service: make_client(service, credentials))
    # What the game needs lies in the pipeline's stack.
    home = "stateful" if stack == "game" else stack
    needed = NEEDED[stack][who]
    own_log = f"{who}LogGroup"

    wrong = [
        (place, attempt.thing, attempt.need)
        for place, attempt in stacks.attempts()
        if attempt.succeeds(client)
        is not (
            place == (stack if attempt.thing in {own_log, "GeneratorLambda"} else home)
            and attempt.need.partition(" in a ")[0] in needed.get(attempt.thing, ())
        )
    ]

    assert wrong == []


def test_every_resource_was_tried(stacks: Stacks) -> None:
    """The calls reach every table, stream, queue, function and log group of the three stacks."""
    tried = {(stack, attempt.thing) for stack, attempt in stacks.attempts()}

    assert Counter(stack for stack, _ in tried) == {"stateful": 14, "stateless": 11, "game": 2}
