"""Services that hardly any template names are loaded when one does.

AWS has a service ready for each resource type. moto's CloudFormation imports all of them, since it finds
types as subclasses of a base class: that takes longer than deploying a pipeline, and 50 MB for as long as the
cloud runs. Changed: the import of its parser passes the services of `LATER` by, and `load_service_of` imports
one of them when its first resource is looked at; types are looked for among the classes that there are then.
Effective where this is imported before moto's CloudFormation.
"""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

from moto.core.common_models import CloudFormationModel

from workshop.cloud.offline.overlay.correct import corrects

__all__ = ["LATER", "load_service_of", "moto_models"]

# By the second part of a type's name.
LATER: Mapping[str, str] = {
    "ApiGateway": "apigateway",
    "AutoScaling": "autoscaling",
    "Batch": "batch",
    "DataPipeline": "datapipeline",
    "EC2": "ec2",
    "ECS": "ecs",
    "EFS": "efs",
    "ElasticLoadBalancing": "elb",
    "ElasticLoadBalancingV2": "elbv2",
    "EMR": "emr",
    "IoT": "iot",
    "RDS": "rds",
    "Redshift": "redshift",
    "Route53": "route53",
    "SageMaker": "sagemaker",
    "StepFunctions": "stepfunctions",
}
PARSER = "moto.cloudformation.parsing"


class _LaterBackends:
    """EC2's backends, for services that look into them now and then."""

    def __getitem__(self, account_id: str) -> Any:
        return import_module("moto.ec2").ec2_backends[account_id]


class _NoResource:
    """What no resource is an instance of."""


def load_service_of(resource_type: str) -> None:
    """Import the service that has a resource type, unless it is there already or unknown."""
    _, _, name = resource_type.partition("::")
    if service := LATER.get(name.partition("::")[0]):
        import_module(f"moto.{service}.models")


@contextmanager
def _passed_by() -> Iterator[None]:
    """Let imports find nothing in the services that are not loaded."""
    stand_ins = {}
    for service in LATER.values():
        stand_in: Any = ModuleType(f"moto.{service}")
        stand_in.models = stand_in
        stand_ins[f"moto.{service}"] = stand_in
    stand_ins["moto.ec2"].ec2_backends = _LaterBackends()
    core: Any = ModuleType("moto.ec2.models.core")
    core.TaggedEC2Resource = _NoResource
    stand_ins["moto.ec2.models.core"] = core
    given = {name: module for name, module in stand_ins.items() if name not in sys.modules}
    sys.modules.update(given)
    try:
        yield
    finally:
        for name in given:
            del sys.modules[name]


if PARSER not in sys.modules:
    with _passed_by():
        import_module(PARSER)
parsing = import_module(PARSER)


@corrects(parsing, "get_model_list")
def moto_models() -> list[Any]:
    """Return moto's classes of resource types that are loaded; moto remembers those that it finds first."""
    return list(CloudFormationModel.__subclasses__())
