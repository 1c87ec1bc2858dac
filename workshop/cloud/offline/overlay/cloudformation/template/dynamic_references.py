"""Dynamic references: `{{resolve:ssm:name}}` and `{{resolve:secretsmanager:id:SecretString:key}}`.

Support for the operations on stacks; corrects nothing. AWS puts the value in when it makes or changes the
resource, and refuses `ssm-secure` outside a few properties of services that are not offered here
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html).
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from moto.cloudformation.exceptions import ValidationError
from moto.ssm.exceptions import ParameterVersionNotFound
from moto.ssm.models import ssm_backends

__all__ = ["with_dynamic_references"]

_REFERENCE = re.compile(r"\{\{resolve:([a-z-]+):(.+?)\}\}")


def with_dynamic_references(value: Any, account_id: str, region_name: str) -> Any:
    """Return a value in which every dynamic reference is replaced by what it stands for.

    Raises:
        ValidationError: there is no such parameter or secret, or the offline cloud does not offer the kind.
    """
    if isinstance(value, list):
        return [with_dynamic_references(element, account_id, region_name) for element in value]
    if isinstance(value, dict):
        return {
            name: with_dynamic_references(member, account_id, region_name) for name, member in value.items()
        }
    if not isinstance(value, str) or "{{resolve:" not in value:
        return value

    def found(match: re.Match[str]) -> str:
        if match[1] not in _KINDS:
            raise ValidationError(
                message=f"Dynamic references of the kind `{match[1]}` are not offered "
                f"by the offline cloud: {match[0]}"
            )
        return _KINDS[match[1]](match[2], account_id, region_name)

    return _REFERENCE.sub(found, value)


def _parameter(argument: str, account_id: str, region_name: str) -> str:
    try:
        parameter = ssm_backends[account_id][region_name].get_parameter(argument)
    except ParameterVersionNotFound:
        parameter = None
    if parameter is None:
        raise ValidationError(message=f"Parameters: [ssm:{argument}] cannot be found.")
    if parameter.parameter_type == "SecureString":
        raise ValidationError(message=f"Non-secure ssm prefix was used for secure parameter: {argument}")
    return str(parameter.value)


def _secure_parameter(argument: str, _account_id: str, _region_name: str) -> str:
    raise ValidationError(
        message=f"SSM Secure reference is not supported in any property that the offline cloud offers: "
        f"{{{{resolve:ssm-secure:{argument}}}}}"
    )


def _secret(argument: str, account_id: str, region_name: str) -> str:
    # Only this reference needs the service, which takes a moment to load.
    from moto.secretsmanager.exceptions import SecretsManagerClientError  # noqa: PLC0415
    from moto.secretsmanager.models import secretsmanager_backends  # noqa: PLC0415

    name, key, stage, version = _parts_of_secret(argument)
    try:
        secret = secretsmanager_backends[account_id][region_name].get_secret_value(name, version, stage)
    except SecretsManagerClientError as error:
        raise ValidationError(message="Secrets Manager can't find the specified secret.") from error
    text = str(secret.get("SecretString", ""))
    if not key:
        return text
    try:
        return str(json.loads(text)[key])
    except (KeyError, TypeError, ValueError) as error:
        raise ValidationError(
            message=f"Could not find a value associated with JSONKey in SecretString: {key}"
        ) from error


def _parts_of_secret(argument: str) -> tuple[str, str, str, str]:
    # The colons of an ARN are not those between the parts.
    words = argument.split(":")
    size = 7 if words[0] == "arn" else 1
    rest = [*words[size:], "", "", "", ""]
    if rest[0] not in {"", "SecretString"}:
        raise ValidationError(message=f"Incorrect format is used in the following SSM reference: {argument}")
    return ":".join(words[:size]), rest[1], rest[2], rest[3]


_KINDS: Mapping[str, Callable[[str, str, str], str]] = {
    "secretsmanager": _secret,
    "ssm": _parameter,
    "ssm-secure": _secure_parameter,
}
