"""The checks of `workshop doctor` for the cloud `aws`: who you are there, where, and what it costs."""

from collections.abc import Iterator
from decimal import Decimal

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from workshop.cloud.connection import Cloud, connect
from workshop.cloud.sign_in import way_on
from workshop.course.course import TOUR_PARAMETERS
from workshop.course.exercises.stack import PARAMETERS
from workshop.deploy.concurrency import KEPT_UNRESERVED, concurrency_of
from workshop.deploy.deployment import default_of
from workshop.deploy.finding import list_stacks
from workshop.errors import ConfigurationError
from workshop.kit.findings import Grade, Preflight
from workshop.pipeline.cost import standing_cost

__all__ = ["check_aws"]

ACCOUNT = "AWS account"
HOURS = 2


def check_aws(region: str | None = None) -> Iterator[Preflight]:
    """Look at the account that commands with `--cloud aws` would use; changes nothing there."""
    try:
        cloud = connect("aws", region=region)
        caller = cloud.client("sts").get_caller_identity()
    except ConfigurationError as error:
        yield Preflight(ACCOUNT, Grade.PROBLEM, str(error), "choose one of the two")
        return
    except (BotoCoreError, ClientError) as error:
        yield Preflight(ACCOUNT, Grade.PROBLEM, str(error), way_on(error))
        return
    yield Preflight(ACCOUNT, Grade.GOOD, f"{cloud.shown_account}, as {caller['Arn'].rpartition(':')[2]}")
    yield _region(cloud, region)
    yield _stacks(cloud)
    yield _concurrency(cloud)
    yield _costs()


def _region(cloud: Cloud, chosen: str | None) -> Preflight:
    if chosen or boto3.Session().region_name:
        return Preflight("AWS region", Grade.GOOD, cloud.region)
    fix = "to use another one, set the variable `AWS_REGION` or give `--region` to the commands"
    return Preflight("AWS region", Grade.WARNING, f"none is chosen, so {cloud.region} is used", fix)


def _stacks(cloud: Cloud) -> Preflight:
    """Look for stacks, which is the least that every command has to be allowed."""
    check = "AWS stacks"
    try:
        names = ", ".join(stack.name for stack in list_stacks(cloud))
    except (BotoCoreError, ClientError) as error:
        return Preflight(check, Grade.PROBLEM, str(error), way_on(error))
    return Preflight(check, Grade.GOOD, f"of this workshop: {names or 'none yet'}")


def _concurrency(cloud: Cloud) -> Preflight:
    check = "AWS concurrency"
    try:
        limit, free = concurrency_of(cloud)
    except (BotoCoreError, ClientError) as error:
        return Preflight(check, Grade.WARNING, str(error), way_on(error))
    seen = f"{free} of {limit} functions at a time are not reserved"
    if free > KEPT_UNRESERVED:
        return Preflight(check, Grade.GOOD, seen)
    fix = (
        "nothing needs to be done: new stacks are made without a reservation, and totals stay exact; "
        "Service Quotas raises the limit"
    )
    return Preflight(check, Grade.WARNING, f"{seen}, so none can be reserved", fix)


def _shards() -> int:
    """Return how many shards the tour, the learner's own stack and the stateless one have together."""
    stateless = default_of("stateless", "ShardCount")
    return sum(int(each) for each in (TOUR_PARAMETERS["ShardCount"], PARAMETERS["ShardCount"], stateless))


def _costs() -> Preflight:
    cost = (standing_cost(shards=_shards()) * HOURS).quantize(Decimal("0.01"))
    seen = (
        f"about {cost} USD for {HOURS} hours with the course's stacks at us-east-1's prices, "
        "and cents for its messages"
    )
    return Preflight("AWS cost", Grade.GOOD, f"{seen}; `workshop destroy` and notebook 99 end it")
