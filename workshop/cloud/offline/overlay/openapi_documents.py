"""What checks OpenAPI documents is loaded with the first of them: support for `apply`, no correction.

CloudFormation imports moto's API Gateway, and that imports a validator which takes as long to load as a
quarter of all the rest, for two calls that hardly anybody makes.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

__all__ = ["defer_validator"]

VALIDATOR = "openapi_spec_validator"
ERRORS = f"{VALIDATOR}.validation.exceptions"
STAND_INS = (VALIDATOR, f"{VALIDATOR}.validation", ERRORS)
READER = "moto.apigateway.models"


class _NotLoadedError(Exception):
    """What nothing raises: stands for the validator's error until that is loaded."""


def defer_validator() -> None:
    """Let moto's API Gateway import something small in the validator's place, unless that is loaded."""
    if VALIDATOR in sys.modules or READER in sys.modules:
        return
    for name in STAND_INS:
        sys.modules[name] = ModuleType(name)
    vars(sys.modules[VALIDATOR])["validate"] = _validate
    vars(sys.modules[ERRORS])["OpenAPIValidationError"] = _NotLoadedError


def _validate(document: Any) -> None:
    """Check a document by the validator, which moto knows itself from then on."""
    for name in STAND_INS:
        del sys.modules[name]
    validate = import_module(VALIDATOR).validate
    # Looked up by name when they are needed, in an `except` as well.
    vars(sys.modules[READER]).update(
        validate=validate, OpenAPIValidationError=import_module(ERRORS).OpenAPIValidationError
    )
    validate(document)
