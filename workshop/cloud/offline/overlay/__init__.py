"""Corrections to moto, where it answers differently from AWS in a way that the pipelines can see.

Each module of this package corrects one behaviour by replacing attributes of moto's classes. Its docstring
says what AWS does and where that is documented, what moto does, and what is changed. No moto code is copied
or forked, so moto is pinned to the version that these corrections were verified with.

To add a correction: write `overlay/<service>/<behaviour>.py`, put `@corrects(Class, "name")` above each
function that replaces an attribute (see `correct`), keep the original in a constant `_MOTO_…` if the
replacement calls it, read the time from `CLOCK` only, and append the module's name to `CORRECTIONS`.
Importing such a module changes nothing; `apply` installs the modules in the order of `CORRECTIONS`. The
server installs those of `cloudformation` after the others, in the background, since CloudFormation imports
most of moto.
"""

from collections.abc import Callable, Iterable
from importlib import import_module
from importlib.metadata import version
from typing import Any

from moto.core.config import default_user_config

from workshop.clock import Clock
from workshop.cloud.offline.overlay.correct import CLOCK, install
from workshop.cloud.offline.overlay.openapi_documents import defer_validator
from workshop.errors import CloudStartError

__all__ = ["CORRECTIONS", "MOTO_VERSION", "apply", "choose_options"]

MOTO_VERSION = "5.2.5"

OPTIONS: dict[str, Any] = {
    "lambda": {"use_docker": False},  # there is a runtime of our own
    "iam": {"load_aws_managed_policies": True},  # templates attach them
}

CORRECTIONS: tuple[str, ...] = (
    "service_models",
    "core_lookups",
    "core_models",
    "core_answers",
    "pages",
    "ec2_catalogues",
    "iam.catalogue",
    "iam.versions",
    "iam.deletions",
    "iam.grammar",
    "iam.quotas",
    "sts_sessions",
    "dynamodb.numbers",
    "dynamodb.wire",
    "dynamodb.items",
    "dynamodb.stream_records",
    "dynamodb.tables",
    "dynamodb.table_updates",
    "dynamodb.item_calls",
    "dynamodb.reads",
    "dynamodb.transactions",
    "dynamodb.batches",
    "dynamodb.partiql.calls",
    "dynamodb.streams",
    "dynamodb.exports",
    "kinesis.shards",
    "kinesis.calls",
    "kinesis.streams",
    "kinesis.puts",
    "kinesis.iterators",
    "kinesis.listed_shards",
    "kinesis.shard_changes",
    "kinesis.consumers",
    "sqs.clock",
    "sqs.long_poll",
    "sqs.messages",
    "sqs.attributes",
    "sqs.checks",
    "kept_changes",
    "scheduler_schedules",
    "logs.events",
    "logs.groups",
    "logs.insights",
    "cloudwatch.sums",
    "cloudwatch.expressions",
    "events.buses",
    "events.rules",
    "sns.deliveries",
    "sns.batches",
    "sns.filters",
    "sns.topics",
    "labels",
    "s3.bucket_policies",
    "s3.forms",
    "s3.contents",
    "s3.listings",
    "s3.lifecycles",
    "s3.notifications",
    "s3.tagging",
    "logs.subscriptions",
    "logs.metric_filters",
    "every_service.tag_limits",
    "every_service.named_keys",
    "cloudformation.catalogue.services",
    "cloudformation.yaml",
    "cloudformation.intrinsics",
    "cloudformation.events",
    "cloudformation.stack_policies",
    "cloudformation.options",
    "cloudformation.exports",
    "cloudformation.operations",
    "cloudformation.updates",
    "cloudformation.requests",
    "cloudformation.template_calls",
    "cloudformation.change_sets",
    "cloudformation.descriptions",
    "cloudformation.scheduled_calls",
    "cloudformation.resource_types.stream",
    "cloudformation.resource_types.table",
    "cloudformation.resource_types.function",
    "cloudformation.resource_types.mapping",
    "cloudformation.resource_types.role",
    "cloudformation.resource_types.managed_policy",
    "cloudformation.resource_types.queue",
    "cloudformation.resource_types.keys_and_parameters",
    "cloudformation.resource_types.added",
    "cloudformation.resource_types.alarm",
    "cloudformation.resource_types.schedule",
    "cloudformation.resource_types.event_invoke_config",
    "cloudformation.resource_types.topic",
    "cloudformation.resource_types.resource_policies",
    "cloudformation.resource_types.bucket",
    "cloudformation.resource_types.rule",
    "cloudformation.resource_types.function_parts",
    "cloudformation.resource_types.monitoring",
    "cloudformation.resource_types.custom_resource",
    "awslambda.account",
    "awslambda.push",
    "awslambda.errors",
    "awslambda.function_urls",
    "awslambda.functions",
    "awslambda.revisions",
    "awslambda.policies",
    "awslambda.event_sources",
    "awslambda.invocations",
    "awslambda.aliases",
    "awslambda.layers",
    "awslambda.event_settings",
)


def apply(clock: Clock, names: Iterable[str] = CORRECTIONS) -> None:
    """Install the corrections; a second call only replaces the clock.

    Raises:
        CloudStartError: another version of moto is installed than the one these corrections were verified
        with.
    """
    if (installed := version("moto")) != MOTO_VERSION:
        raise CloudStartError(
            f"the offline cloud corrects moto {MOTO_VERSION}, but moto {installed} is installed; "
            "run `make setup` to install the pinned version"
        )
    defer_validator()
    CLOCK.use(clock)
    for name in names:
        module = f"{__name__}.{name}"
        import_module(module)
        install(module)


def choose_options() -> Callable[[], None]:
    """Choose moto's options, before anything is created; return what puts the former ones back."""
    options: dict[str, Any] = default_user_config
    before = {name: options[name] for name in OPTIONS}
    options.update(OPTIONS)
    return lambda: options.update(before)
