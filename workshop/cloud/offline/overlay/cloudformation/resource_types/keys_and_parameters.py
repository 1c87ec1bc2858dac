"""Keys, their aliases and AWS::SSM::Parameter change in place; a key is there for some days after its stack.

Deleting the resource schedules the deletion of the key, by default in 30 days, so that what it has encrypted
can still be read; without a policy it has the default one. A parameter has a new version with every update
(https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kms-key.html and
aws-resource-ssm-parameter.html there). PutParameter refuses a key that is not there, and nobody
may have an alias that begins with `alias/aws/`. moto forgets the key at
once, with its data, has no update, and fails without a policy; takes any alias in a stack; makes parameters
anew, fails with tags, and takes any key. Changed: as above.

A key that is disabled or is to be deleted neither encrypts nor decrypts, and the latter is not changed either
(https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html). One that signs does not encrypt, and
only symmetric ones rotate. moto uses any key for nearly anything. Changed: all of this.

What is refused makes no parameter; moto keeps one without a version, at which others then fail. Changed.
"""

import json
from collections.abc import Callable
from datetime import timedelta
from inspect import signature
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.kms.exceptions import NotAuthorizedException
from moto.kms.models import Alias, Key, KmsBackend, kms_backends
from moto.kms.responses import KmsResponse
from moto.ssm.exceptions import SSMException
from moto.ssm.models import Parameter, SimpleSystemManagerBackend, ssm_backends

from workshop.cloud.offline.overlay.cloudformation.handlers import (
    Wanted,
    as_text,
    changes,
    creates,
    is_true,
    tags_as_dict,
)
from workshop.cloud.offline.overlay.correct import CLOCK, corrects
from workshop.cloud.offline.overlay.every_service.named_keys import key_problem

USUAL_DAYS = 30
ENCRYPTING = "ENCRYPT_DECRYPT"
# What uses a key, and for what a key has to be made; VerifyMac comes by at GenerateMac.
USES = {
    "encrypt": ENCRYPTING,
    "generate_data_key": ENCRYPTING,
    "generate_mac": "GENERATE_VERIFY_MAC",
    "sign": "SIGN_VERIFY",
    "verify": "SIGN_VERIFY",
}
ROTATIONS = ("disable_key_rotation", "enable_key_rotation", "get_key_rotation_status", "rotate_key_on_demand")
CHANGES = (
    "create_alias",
    "create_grant",
    "disable_key",
    "disable_key_rotation",
    "enable_key",
    "enable_key_rotation",
    "schedule_key_deletion",
    "tag_resource",
    "untag_resource",
    "update_alias",
    "update_key_description",
)
# Where what names the key has this name, and not the first place.
KEY = "key_id"
_MOTO_DECRYPT = KmsBackend.decrypt
_MOTO_SET_ALIAS = KmsResponse._set_alias
_MOTO_PUT = SimpleSystemManagerBackend.put_parameter


class UnknownKeyError(SSMException):  # type: ignore[misc]  # moto is untyped
    """A secret parameter names a key that is not there."""

    def __init__(self, problem: str) -> None:
        super().__init__("InvalidKeyId", problem)


@creates(Key)
def _create_key(wanted: Wanted) -> Any:
    key = wanted.backend(kms_backends).create_key(
        policy=None, key_usage="ENCRYPT_DECRYPT", key_spec="SYMMETRIC_DEFAULT", description="", tags=[]
    )
    return _settle_key(wanted, key)


@changes(Key)
def _change_key(wanted: Wanted) -> Any:
    return _settle_key(wanted, wanted.original)


def _settle_key(wanted: Wanted, key: Any) -> Any:
    backend, properties = wanted.backend(kms_backends), wanted.properties
    policy = properties.get("KeyPolicy")
    key.policy = json.dumps(policy) if policy else key.generate_default_policy()
    key.description = properties.get("Description", "")
    key.key_rotation_status = is_true(properties.get("EnableKeyRotation", False))
    (backend.enable_key if is_true(properties.get("Enabled", True)) else backend.disable_key)(key.id)
    backend.tagger.delete_all_tags_for_resource(key.id)
    backend.tag_resource(key.id, tags_as_dict(properties))
    key.pending_days = int(properties.get("PendingWindowInDays", USUAL_DAYS))
    return key


@corrects(Key, "delete")
def _delete_key(key: Any, account_id: str, region_name: str) -> None:
    backend, days = kms_backends[account_id][region_name], vars(key).get("pending_days", USUAL_DAYS)
    if key.id in backend.keys and key.key_state != "PendingDeletion":
        backend.schedule_key_deletion(key.id, days)
        key.deletion_date = CLOCK.moment() + timedelta(days=days)


# Made and changed by the calls of the API, which have all checks.
@creates(Alias)
def _create_alias(wanted: Wanted) -> Any:
    return _set_alias(wanted, KmsResponse.create_alias)


@changes(Alias)
def _change_alias(wanted: Wanted) -> Any:
    return _set_alias(wanted, KmsResponse.update_alias)


def _set_alias(wanted: Wanted, call: Callable[[Any], str]) -> Any:
    request, name = KmsResponse(), wanted.properties["AliasName"]
    request.region, request.current_account = wanted.region_name, wanted.account_id
    request._get_param = wanted.properties.get
    call(request)
    backend = wanted.backend(kms_backends)
    return backend.keys[backend.get_key_id_from_alias(name)].aliases[name]


@corrects(KmsResponse, "_set_alias")
def _check_alias(self: Any, *, update: bool = False) -> str:
    if self._get_param("AliasName").startswith("alias/aws/"):
        raise NotAuthorizedException
    return str(_MOTO_SET_ALIAS(self, update=update))


def _check_state(key: Any, *, is_use: bool) -> None:
    if key.key_state == "PendingDeletion":
        raise JsonRESTError("KMSInvalidStateException", f"{key.arn} is pending deletion.")
    if is_use and key.key_state == "Disabled":
        raise JsonRESTError("DisabledException", f"{key.arn} is disabled.")


def _check_key(name: str, key: Any) -> None:
    """Raise AWS's error unless a method of the backend may have a key."""
    if name in ROTATIONS and key.key_spec != "SYMMETRIC_DEFAULT":
        raise JsonRESTError(
            "UnsupportedOperationException", f"{key.arn} key spec is {key.key_spec}, which does not rotate."
        )
    if name in (*USES, *CHANGES):
        _check_state(key, is_use=name in USES)
    # moto leaves the usual one out.
    if name in USES and (key.key_usage or ENCRYPTING) != USES[name]:
        raise JsonRESTError(
            "InvalidKeyUsageException",
            f"{key.arn} key usage is {key.key_usage} which is not valid for this operation.",
        )


def _checked(name: str) -> Callable[..., Any]:
    """Return a method that refuses a key whose kind or state does not allow it."""
    moto = getattr(KmsBackend, name)
    expected = signature(moto)

    def method(self: Any, *arguments: Any, **named: Any) -> Any:
        given = expected.bind(self, *arguments, **named).arguments
        # What names the key comes first, whatever it is called.
        identifier = given[KEY] if KEY in given else [*given.values()][1]
        if (key := self.keys.get(self.any_id_to_key_id(identifier))) is not None:
            _check_key(name, key)
        return moto(self, *arguments, **named)

    return method


for _name in dict.fromkeys((*USES, *ROTATIONS, *CHANGES)):
    corrects(KmsBackend, _name)(_checked(_name))


@corrects(KmsBackend, "decrypt")
def _decrypt(self: Any, *arguments: Any, **named: Any) -> Any:
    # The data name their key; ReEncrypt comes by here as well.
    plaintext, arn = _MOTO_DECRYPT(self, *arguments, **named)
    _check_state(self.keys[self.get_key_id(arn)], is_use=True)
    return plaintext, arn


@creates(Parameter)
def _create_parameter(wanted: Wanted) -> Any:
    return _put_parameter(wanted, overwrite=False)


@changes(Parameter)
def _change_parameter(wanted: Wanted) -> Any:
    return _put_parameter(wanted, overwrite=True)


def _put_parameter(wanted: Wanted, *, overwrite: bool) -> Any:
    backend, properties = wanted.backend(ssm_backends), wanted.properties
    name = properties["Name"]
    parameter = backend.put_parameter(
        name=name,
        description=properties.get("Description", ""),
        value=as_text(properties["Value"]),
        parameter_type=properties["Type"],
        allowed_pattern=properties.get("AllowedPattern", ""),
        keyid=None,
        overwrite=overwrite,
        tags=[],
        data_type=properties.get("DataType", "text"),
        tier=properties.get("Tier"),
        policies=properties.get("Policies"),
    )
    backend.list_tags_for_resource("Parameter", name).clear()
    backend.add_tags_to_resource("Parameter", name, properties.get("Tags", {}))
    return parameter


@corrects(SimpleSystemManagerBackend, "put_parameter")
def _check_parameter(self: Any, *arguments: Any, **named: Any) -> Any:
    given = signature(_MOTO_PUT).bind(self, *arguments, **named).arguments
    if given["parameter_type"] == "SecureString" and (problem := key_problem(self, given["keyid"])):
        raise UnknownKeyError(problem)
    return _leaving_nothing(_MOTO_PUT)(self, *arguments, **named)


def _leaving_nothing(moto: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method that makes no parameter without a version where it is refused."""

    def method(self: Any, *arguments: Any, **named: Any) -> Any:
        try:
            return moto(self, *arguments, **named)
        finally:
            for name in [name for name, versions in self._parameters.items() if not versions]:
                del self._parameters[name]

    return method


for _name in ("label_parameter_version", "unlabel_parameter_version"):
    corrects(SimpleSystemManagerBackend, _name)(_leaving_nothing(getattr(SimpleSystemManagerBackend, _name)))
