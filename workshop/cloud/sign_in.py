"""What to do where AWS does not let somebody in, for boto3's own errors and for AWS's answers.

Credentials are found as boto3 finds them:
https://boto3.amazonaws.com/v1/documentation/api/latest/guide/credentials.html.
"""

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConfigParseError,
    ConnectionClosedError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    InvalidConfigError,
    InvalidRegionError,
    LoginError,
    MissingDependencyException,
    NoAuthTokenError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    ProxyConnectionError,
    RefreshWithMFAUnsupportedError,
    SSLError,
    SSOError,
    TokenRetrievalError,
    UnknownCredentialError,
)

from workshop.settings import DEFAULT_HOST

__all__ = ["is_denied", "refusal_advice", "sign_in_advice", "way_on"]

NO_CREDENTIALS = (
    "sign in first: `aws configure sso` for a company's account, `aws login` or `aws configure` for your "
    "own, or name a profile in the variable `AWS_PROFILE`"
)
SIGN_IN_AGAIN = "sign in again, for example with `aws sso login` or `aws login`, and repeat this"
OTHERS = "look at the profile and the variables `AWS_…`; `aws sts get-caller-identity` shows who you are"
OTHERS_OR_REGION = f"{OTHERS}; a region that the account has not enabled has the same effect"
# `aws login` signs requests with a library that boto3 takes along only on request.
MISSING = "run `.venv/bin/pip install 'botocore[crt]'` in the folder of the course, then repeat this"
LATER = "AWS limits how often an account may ask; wait a minute, then repeat this"
NETWORK = (
    "look at the network, a proxy and the name of the region, which may be without this service; the offline "
    "cloud needs none of them"
)
CERTIFICATE = (
    "if a company's proxy signs with a certificate of its own, name the file that holds this certificate in "
    "the variable `AWS_CA_BUNDLE`"
)
# As AWS says it where an organization denies something, or allows only other things.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
OF_ORGANIZATION = ("service control policy", "resource control policy")
FORBIDDEN = (
    "the organization forbids this to the whole account, and no policy inside of it helps: ask whoever "
    "manages the organization, or take another region or account"
)
DENIED = ("AccessDenied", "AccessDeniedException", "KMSAccessDeniedException", "UnauthorizedOperation")
ASK = (
    "ask whoever manages the account for this right; in a shared account the variable `WORKSHOP_STACK` has "
    "to be the learner's name there"
)
ELSEWHERE = "check credentials, region and rights, and what the cloud's log says"
NO_WAY_THERE = (EndpointConnectionError, ConnectionClosedError)
KINDS: tuple[tuple[tuple[type[BotoCoreError], ...], str], ...] = (
    ((NoCredentialsError, PartialCredentialsError), NO_CREDENTIALS),
    ((ProfileNotFound,), "`aws configure list-profiles` shows those there are; `AWS_PROFILE` chooses one"),
    (
        (SSOError, LoginError, NoAuthTokenError, TokenRetrievalError, RefreshWithMFAUnsupportedError),
        SIGN_IN_AGAIN,
    ),
    ((SSLError,), CERTIFICATE),
    ((CredentialRetrievalError, UnknownCredentialError, InvalidConfigError, ConfigParseError), OTHERS),
    ((MissingDependencyException,), MISSING),
    ((NoRegionError, InvalidRegionError), "name one with `--region` or in the variable `AWS_REGION`"),
    ((*NO_WAY_THERE, ConnectTimeoutError, ProxyConnectionError), NETWORK),
)
# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html; services differ in the names.
CODES = {
    "ExpiredToken": SIGN_IN_AGAIN,
    "ExpiredTokenException": SIGN_IN_AGAIN,
    "RequestExpired": f"{SIGN_IN_AGAIN}; if that does not help, set this machine's clock",
    "InvalidClientTokenId": OTHERS_OR_REGION,
    "UnrecognizedClientException": OTHERS_OR_REGION,
    "AuthFailure": OTHERS_OR_REGION,
    "SignatureDoesNotMatch": f"{OTHERS}; a clock that is minutes off has the same effect",
    "InvalidSignatureException": f"{OTHERS}; a clock that is minutes off has the same effect",
    "Throttling": LATER,
    "ThrottlingException": LATER,
    "RequestLimitExceeded": LATER,
    "TooManyRequestsException": LATER,
    "SlowDown": LATER,
    "ProvisionedThroughputExceededException": "it takes no more just now; wait a minute, then repeat this",
    "OptInRequired": "the account is not ready yet: AWS says in an e-mail when a new one is",
}


def sign_in_advice(error: BaseException) -> str | None:
    """Return what to do about an error that keeps somebody out of AWS; None for any other error.

    It is the second half of a sentence, without a full stop. A machine's own offline cloud is not AWS.
    """
    if isinstance(error, NO_WAY_THERE) and f"//{DEFAULT_HOST}" in error.kwargs["endpoint_url"]:
        return None
    if isinstance(error, ClientError):
        said = error.response.get("Error", {})
        if any(each in str(said.get("Message", "")) for each in OF_ORGANIZATION):
            return FORBIDDEN
        return CODES.get(str(said.get("Code", "")))
    return next((advice for kinds, advice in KINDS if isinstance(error, kinds)), None)


def is_denied(error: BaseException) -> bool:
    """Return whether AWS knows who asks, and lets them not do this."""
    return isinstance(error, ClientError) and error.response.get("Error", {}).get("Code") in DENIED


def refusal_advice(error: BaseException) -> str | None:
    """Return what to do where AWS refuses: as `sign_in_advice` does, or whom to ask for a right."""
    return sign_in_advice(error) or (ASK if is_denied(error) else None)


def way_on(error: BotoCoreError | ClientError) -> str:
    """Return what people can do about an error of AWS or of the way there, as `sign_in_advice` does."""
    return refusal_advice(error) or ELSEWHERE
