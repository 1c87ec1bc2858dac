"""Faults of a deployed pipeline, switched on and off while it runs.

One part of a plan goes into the stack's ParameterTable, where the functions read it, and the other into the
offline cloud. On AWS there is only the first part.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workshop.cloud.connection import Cloud
from workshop.cloud.fault_plan import FUNCTION_KINDS, FaultKind, FaultPlan

__all__ = ["LiveFaults", "clear_faults", "impossible_on", "read_faults", "set_faults"]

KEY = {"Parameter": {"S": "faults"}}


@dataclass(frozen=True)
class LiveFaults:
    """What is in force: in the functions, and in the cloud with how often each kind has happened there.

    `in_cloud` and `met` are None on AWS, which does nothing on purpose and counts nothing; there the
    functions' logs tell.
    """

    in_functions: FaultPlan
    in_cloud: FaultPlan | None
    met: Mapping[str, int] | None

    def document(self) -> dict[str, Any]:
        """Return all of it as a JSON object."""
        return {
            "functions": self.in_functions.document(),
            "cloud": None if self.in_cloud is None else self.in_cloud.document(),
            "met": None if self.met is None else dict(self.met),
        }


def set_faults(cloud: Cloud, outputs: Mapping[str, str], plan: FaultPlan) -> LiveFaults:
    """Let these faults happen from now on; functions notice within a second or two."""
    inside = plan.inside_functions(offline=cloud.offline is not None)
    cloud.client("dynamodb").put_item(
        TableName=outputs["ParameterTableName"], Item={**KEY, "Value": {"S": inside.to_json()}}
    )
    if cloud.offline is not None:
        cloud.offline.set_faults(plan.in_the_cloud().document())
    return read_faults(cloud, outputs)


def clear_faults(cloud: Cloud, outputs: Mapping[str, str]) -> LiveFaults:
    """Let nothing go wrong on purpose any more; return what had happened until now."""
    cloud.client("dynamodb").delete_item(TableName=outputs["ParameterTableName"], Key=KEY)
    if cloud.offline is None:
        return LiveFaults(FaultPlan(), None, None)
    return LiveFaults(FaultPlan(), FaultPlan(), cloud.offline.clear_faults()["met"])


def read_faults(cloud: Cloud, outputs: Mapping[str, str]) -> LiveFaults:
    """Return what is in force."""
    answer = cloud.client("dynamodb").get_item(
        TableName=outputs["ParameterTableName"], Key=KEY, ConsistentRead=True
    )
    inside = FaultPlan.from_json(answer["Item"]["Value"]["S"]) if "Item" in answer else FaultPlan()
    if cloud.offline is None:
        return LiveFaults(inside, None, None)
    document = cloud.offline.faults()
    return LiveFaults(inside, FaultPlan.from_document(document["plan"]), document["met"])


def impossible_on(cloud: Cloud, plan: FaultPlan) -> tuple[FaultKind, ...]:
    """Return the kinds of a plan that this cloud cannot do, in the order of their list."""
    if cloud.offline is not None:
        return ()
    named = {name.partition("@")[0] for name in (*plan.rates, *plan.strikes)}
    return tuple(kind for kind in FaultKind if kind in named and kind not in FUNCTION_KINDS)
