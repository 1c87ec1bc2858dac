"""Errors of Lambda's API say whose fault they are.

AWS: an error that the model knows carries `Type`, which is `User` or `Service`, beside its message. Source:
https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors and the errors of botocore's
model that have the member `Type`.

moto leaves it out. Changed: the body of Lambda's errors.
"""

import json
from functools import cache
from typing import Any

from moto.awslambda.exceptions import LambdaClientError
from moto.core.utils import get_service_model

from workshop.cloud.offline.overlay.correct import corrects

SERVICE = 500


_MOTO_INIT = LambdaClientError.__init__


@corrects(LambdaClientError, "__init__")
def _init(self: Any, error: str, message: str) -> None:
    _MOTO_INIT(self, error, message)
    if error in _with_type():
        fault = "Service" if self.code >= SERVICE else "User"
        self.description = json.dumps({"__type": error, "Type": fault, "message": self.message})


@cache
def _with_type() -> frozenset[str]:
    shapes = get_service_model("lambda").error_shapes
    return frozenset(shape.name for shape in shapes if "Type" in shape.members)
