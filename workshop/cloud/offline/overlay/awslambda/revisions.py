"""Functions, versions and aliases have revisions, and a change may ask for the one that it expects.

AWS gives each a `RevisionId` that is new after every change, refuses a change or a version that names another
one with a PreconditionFailedException, a version of another `CodeSha256`, and makes no version where nothing
has changed since the last one; numbers of versions are never used again, not even for a function that was
deleted and made again (https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionCode.html and
API_PublishVersion.html there; https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html).
moto shows revisions of aliases and policies only, never heeds them but for policies, makes a second version
of what it has just published, and numbers another one like one that was deleted. Changed: as above.
"""

import copy
import json
from typing import Any
from urllib.parse import unquote
from uuid import NAMESPACE_URL, uuid5

from moto.awslambda.exceptions import InvalidParameterValueException, LambdaClientError
from moto.awslambda.models import LambdaStorage
from moto.awslambda.responses import LambdaResponse
from moto.moto_api._internal import mock_random

from workshop.cloud.offline.overlay.awslambda.modified import moment
from workshop.cloud.offline.overlay.correct import corrects

__all__ = ["check_code_hash", "check_revision", "renew", "revision_of"]

LATEST = "$LATEST"
_MOTO_PUBLISH = LambdaResponse.publish_version


class PreconditionFailedError(LambdaClientError):  # type: ignore[misc]  # moto is untyped
    """A request names another revision than the latest."""

    code = 412

    def __init__(self, reading: str) -> None:
        super().__init__(
            "PreconditionFailedException",
            "The Revision Id provided does not match the latest Revision Id. "
            f"Call the {reading} API to retrieve the latest Revision Id",
        )


def revision_of(function: Any) -> str:
    """Return the revision of a function or version: a statement of its policy changes it, too."""
    # A version has its function's policy and never changes, so that its own follows from what it is.
    if function.version == LATEST:
        return str(function.policy.revision)
    return str(uuid5(NAMESPACE_URL, f"{function.function_arn} {function.code_sha_256}"))


def renew(function: Any) -> None:
    """Give a function another revision."""
    function.policy.revision = str(mock_random.uuid4())


def check_revision(expected: str | None, found: str, reading: str = "GetFunction/GetAlias") -> None:
    """Refuse a request that expects another revision than there is; `reading` is the call that shows it.

    Raises:
        PreconditionFailedError: it does.
    """
    if expected and expected != found:
        raise PreconditionFailedError(reading)


@corrects(LambdaResponse, "publish_version")
def _publish_call(self: Any) -> Any:
    function = self.backend.get_function(unquote(self.path.rstrip("/").split("/")[-2]))
    given = json.loads(self.body or "{}")
    check_revision(given.get("RevisionId"), revision_of(function))
    check_code_hash(given.get("CodeSha256"), function)
    return _MOTO_PUBLISH(self)


def check_code_hash(expected: str | None, function: Any) -> None:
    """Refuse to make a version of other code than is expected."""
    if expected and expected != function.code_sha_256:
        raise InvalidParameterValueException(
            f"CodeSHA256 ({expected}) is different from current CodeSHA256 in $LATEST "
            f"({function.code_sha_256}). Please try again with the CodeSHA256 in $LATEST."
        )


@corrects(LambdaStorage, "publish_version")
def _publish(self: Any, name_or_arn: str, description: str = "") -> Any:
    function = self.get_function_by_name_or_arn_forbid_qualifier(name_or_arn)
    versions = self._functions[function.function_name]["versions"]
    # The version of what is there now may have been deleted.
    is_published = bool(versions) and versions[-1].code_sha_256 == function.code_sha_256
    if is_published and not function.code_or_config_updated:
        return versions[-1]
    function.code_or_config_updated = False
    # A number is never given again, even if the version, or the function, was deleted.
    given: dict[str, int] = vars(self).setdefault("given_numbers", {})
    numbers = (int(one.version) for one in versions)
    number = given[function.function_name] = 1 + max(given.get(function.function_name, 0), *numbers, 0)
    # Shallow, so that the policy is shared: it holds the statements of all versions, each with the ARN that
    # it is for (see `policies`).
    version = copy.copy(function)
    version.set_version(number)
    # `set_version` has stamped the machine's time.
    version.last_modified = moment()
    version.description = description or function.description
    versions.append(version)
    self._arns[version.function_arn] = version
    return version
