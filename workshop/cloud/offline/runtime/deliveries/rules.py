"""Sends an event to every target of a rule; a target that fails never fails whoever put the event.

An event that a target did not take goes to the target's dead-letter queue, with AWS's message attributes, or
is lost, which the log says once. Sources:
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html and
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from workshop.cloud.offline.permissions.resource_policies import DeliveringService
from workshop.cloud.offline.runtime.deliveries.event_inputs import rule_input
from workshop.cloud.offline.runtime.deliveries.targets import (
    DeliveryError,
    deliver,
    log_once,
    send_dead_letter,
)

__all__ = ["RULES", "send_to_targets"]

RULES = "events.amazonaws.com"


def send_to_targets(
    rule_arn: str,
    targets: Sequence[Mapping[str, Any]],
    event: Mapping[str, Any],
    *,
    ingested: str,
    invoke: Any = None,
) -> None:
    """Deliver an event, as the API has it, to the targets of a rule, as the API has them."""
    account_id = rule_arn.split(":")[4]
    for target in targets:
        arn = str(target["Arn"])
        sender = DeliveringService(RULES, rule_arn, account_id, str(target.get("RoleArn") or ""))
        message = ""
        try:
            message = rule_input(target, event, rule_arn=rule_arn, ingested=ingested)
            deliver(arn, message, sender, options=_options(target, event), invoke=invoke)
        except (DeliveryError, TypeError, ValueError) as error:
            _give_up(rule_arn, target, message, error)


def _options(target: Mapping[str, Any], event: Mapping[str, Any]) -> dict[str, Any]:
    options = {"SqsParameters": target.get("SqsParameters")}
    if path := (target.get("KinesisParameters") or {}).get("PartitionKeyPath"):
        key = rule_input({"InputPath": path}, event, rule_arn="", ingested="")
        options["partition_key"] = key.strip('"')
    return options


def _give_up(rule_arn: str, target: Mapping[str, Any], message: str, error: Exception) -> None:
    dead_letters = (target.get("DeadLetterConfig") or {}).get("Arn")
    if not dead_letters:
        log_once(f"{rule_arn} could not reach its target `{target['Arn']}`: {error}")
        return
    attributes = {
        "RULE_ARN": rule_arn,
        "TARGET_ARN": str(target["Arn"]),
        "ERROR_CODE": getattr(error, "code", "INVALID_INPUT"),
        "ERROR_MESSAGE": str(error),
    }
    sender = DeliveringService(RULES, rule_arn, rule_arn.split(":")[4])
    send_dead_letter(dead_letters, message, sender, attributes)
