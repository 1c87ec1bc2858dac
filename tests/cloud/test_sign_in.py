"""Whoever AWS does not let in is told what to do, and nobody else is told to sign in."""

import pytest
from botocore import exceptions
from botocore.exceptions import ClientError

from workshop.cloud.sign_in import sign_in_advice, way_on

DENIED, SCP = "User: ada is not authorized to perform: kinesis:CreateStream", "a service control policy"


def answered(code: str, message: str = "no") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "GetCallerIdentity")


@pytest.mark.parametrize(
    ("error", "part"),
    [
        (exceptions.NoCredentialsError(), "aws configure sso"),
        (exceptions.PartialCredentialsError(provider="env", cred_var="key"), "aws configure sso"),
        (exceptions.ProfileNotFound(profile="work"), "list-profiles"),
        (exceptions.SSOTokenLoadError(error_msg="none"), "aws sso login"),
        (exceptions.UnauthorizedSSOTokenError(), "aws sso login"),
        (exceptions.TokenRetrievalError(provider="sso", error_msg="expired"), "aws sso login"),
        (exceptions.LoginRefreshRequired(), "aws login"),
        (exceptions.CredentialRetrievalError(provider="process", error_msg="no"), "get-caller-identity"),
        (exceptions.InvalidConfigError(error_msg="no source_profile"), "get-caller-identity"),
        (exceptions.ConfigParseError(path="config"), "get-caller-identity"),
        (exceptions.MissingDependencyException(msg="pip install"), "pip install 'botocore[crt]'"),
        (exceptions.RefreshWithMFAUnsupportedError(), "sign in again"),
        (exceptions.SSLError(endpoint_url="https://sts", error="self-signed"), "AWS_CA_BUNDLE"),
        (exceptions.NoRegionError(), "--region"),
        (exceptions.InvalidRegionError(region_name="us east 1"), "--region"),
        (exceptions.EndpointConnectionError(endpoint_url="https://sts"), "network"),
        (exceptions.EndpointConnectionError(endpoint_url="https://scheduler"), "without this service"),
        (answered("AccessDeniedException", f"{DENIED} with an explicit deny in {SCP}"), "organization"),
        (answered("AccessDenied", f"{DENIED} because no {SCP[2:]} allows it"), "organization"),
        (answered("ExpiredToken"), "sign in again"),
        (answered("ExpiredTokenException"), "sign in again"),
        (answered("InvalidClientTokenId"), "get-caller-identity"),
        (answered("UnrecognizedClientException"), "has not enabled"),
        (answered("SignatureDoesNotMatch"), "clock"),
        (answered("ThrottlingException"), "wait a minute"),
        (answered("ProvisionedThroughputExceededException"), "wait a minute"),
    ],
)
def test_each_way_to_be_kept_out_has_its_advice(error: Exception, part: str) -> None:
    """The advice names the command or the thing that lets this person in."""
    assert part in (sign_in_advice(error) or "")


@pytest.mark.parametrize(
    "error",
    [
        answered("AccessDenied"),
        answered("AccessDenied", f"{DENIED} because no identity-based policy allows it"),
        answered("ValidationError"),
        ValueError("x"),
        exceptions.EndpointConnectionError(endpoint_url="http://127.0.0.1:4566/"),
    ],
)
def test_other_errors_have_other_advice(error: Exception) -> None:
    """Whoever is let in, and may not do something, need not sign in; the offline cloud asks for nothing."""
    assert sign_in_advice(error) is None


@pytest.mark.parametrize(
    ("error", "part"),
    [
        (answered("ExpiredToken"), "sign in again"),
        (answered("AccessDeniedException", f"{DENIED} because no identity-based policy allows it"), "right"),
        (answered("ValidationError"), "region and rights"),
    ],
)
def test_commands_tell_a_way_on(error: ClientError, part: str) -> None:
    """Who may not do something asks for the right, and who cannot know looks at all that it may be."""
    assert part in way_on(error)
