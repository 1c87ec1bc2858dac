"""Corrections to moto, where it answers differently from AWS in a way that the pipelines can see.

Each module of this package corrects one behaviour by assignments on moto's classes. Its docstring says what
AWS does and where that is written, what moto does, and what is changed; its `install(clock)` makes the
assignments with `correct`, may be called again, and then only replaces the clock. No moto code is copied or
forked, so moto is pinned to the version that these corrections were verified with.

To add a correction: write `overlay/<service>_<behaviour>.py` with a function `install(clock: Clock) -> None`,
and append the module's name to `CORRECTIONS`. They are installed in that order.
The server loads the modules whose names begin with `cloudformation_` after the others, in the background,
since CloudFormation imports most of moto.
"""

import sys
from collections.abc import Iterable
from importlib import import_module
from importlib.metadata import version

from workshop.clock import Clock
from workshop.errors import CloudStartError

__all__ = ["CORRECTIONS", "MOTO_VERSION", "apply"]

MOTO_VERSION = "5.2.5"

CORRECTIONS: tuple[str, ...] = (
    "core_lookups",
    "iam_catalogue",
    "sts_sessions",
    "dynamodb_numbers",
    "dynamodb_wire",
    "dynamodb_expressions",
    "dynamodb_items",
    "dynamodb_stream_records",
    "dynamodb_updates",
    "dynamodb_transactions",
    "dynamodb_tokens",
    "dynamodb_batches",
    "dynamodb_streams",
    "kinesis_shards",
    "kinesis_calls",
    "sqs_long_poll",
    "scheduler_schedules",
    "cloudformation_yaml",
    "cloudformation_intrinsics",
    "cloudformation_events",
    "cloudformation_operations",
    "cloudformation_updates",
    "cloudformation_requests",
    "cloudformation_change_sets",
    "cloudformation_descriptions",
    "cloudformation_stream",
    "cloudformation_table",
    "cloudformation_function",
    "cloudformation_mapping",
    "cloudformation_role",
    "cloudformation_managed_policy",
    "cloudformation_queue",
    "cloudformation_log_group",
    "cloudformation_alarm",
    "cloudformation_schedule",
    "cloudformation_event_invoke_config",
    "lambda_push",
    "lambda_functions",
    "lambda_event_sources",
    "lambda_invocations",
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
    # API Gateway makes jsonschema build a grammar of international addresses, which takes longer than all
    # the rest of the import; jsonschema does without it where the module cannot be imported.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type] # None means "not to be had"
    for name in names:
        import_module(f"{__name__}.{name}").install(clock)
