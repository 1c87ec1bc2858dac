"""What the tests of permissions share: a laboratory, roles in it, and clients that act as these roles."""

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.cloud.documents import ACCOUNT, document, function, table, trust
from workshop.cloud.connection import Cloud
from workshop.cloud.laboratory import Laboratory
from workshop.cloud.offline.http.dispatch import Dispatcher
from workshop.cloud.offline.laboratory.in_process_calls import answer_in_process
from workshop.cloud.offline.runtime.environments.environment import Credentials

REGION = "us-east-1"
DENIALS = {"AccessDenied", "AccessDeniedException", "AuthorizationError"}
# Addresses put a bucket into the path, and accounts have no endpoints of their own here.
CONFIG = Config(account_id_endpoint_mode="disabled", retries={"total_max_attempts": 1})

# A client of a service, acting with these credentials.
MakeClient = Callable[[str, Credentials], Any]


def table_arn(name: str) -> str:
    return f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}"


def make_client(service: str, credentials: Credentials, config: Config = CONFIG) -> Any:
    """Return a client of the cloud of this process with nobody else's credentials."""
    client = boto3.client(
        service,
        region_name=REGION,
        endpoint_url="http://127.0.0.1:1",
        aws_access_key_id=credentials.access_key_id,
        aws_secret_access_key=credentials.secret_access_key,
        aws_session_token=credentials.session_token,
        config=CONFIG.merge(config),
    )
    answer_in_process(client, Dispatcher().answer)
    return client


def outcome(operation: Callable[..., Any], **parameters: Any) -> str:
    """Return `allowed`, or the error's code if the caller may not."""
    try:
        operation(**parameters)
    except ClientError as error:
        code = str(error.response["Error"]["Code"])
        return code if code in DENIALS else "allowed"
    return "allowed"


class Roles:
    """Roles of a cloud's account, and what can be done with them."""

    def __init__(self, cloud: Laboratory | Cloud) -> None:
        self.cloud = cloud
        self.iam = cloud.client("iam")
        self.sts = cloud.client("sts")

    def make_tables(self) -> None:
        """Create the tables `T` and `U`, each with a stream."""
        for name in ("T", "U"):
            self.cloud.client("dynamodb").create_table(TableName=name, **table("id"))

    def make_function(self, name: str, source: str) -> None:
        """Create a function with the role `f`."""
        role = f"arn:aws:iam::{ACCOUNT}:role/f"
        self.cloud.client("lambda").create_function(**function(name, source, Role=role, Timeout=30))

    def make(self, name: str, *statements: dict[str, Any], trusted: str | None = None, **more: Any) -> str:
        """Create a role with an inline policy, or with none; return its ARN."""
        role = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusted or trust(), **more)
        if statements:
            self.allow(name, *statements)
        return str(role["Role"]["Arn"])

    def allow(self, name: str, *statements: dict[str, Any]) -> None:
        """Put the statements in place of the role's inline policy."""
        self.iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document(*statements))

    def assume(self, name: str, **more: Any) -> Credentials:
        """Assume a role as an administrator."""
        arn = f"arn:aws:iam::{ACCOUNT}:role/{name}"
        given = self.sts.assume_role(RoleArn=arn, RoleSessionName="me", **more)["Credentials"]
        return Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])

    def client(self, service: str, name: str, **more: Any) -> Any:
        """Return a client that acts as a role."""
        return make_client(service, self.assume(name, **more))


@pytest.fixture(scope="module")
def laboratory() -> Iterator[Laboratory]:
    """A cloud in this process, for all tests of a module."""
    with Laboratory(region=REGION) as laboratory:
        yield laboratory


@pytest.fixture
def empty(laboratory: Laboratory) -> Laboratory:
    """The laboratory without any resource."""
    laboratory._world.reset()
    return laboratory


@pytest.fixture
def roles(empty: Laboratory) -> Roles:
    """Roles in an empty account with the tables `T` and `U`."""
    roles = Roles(empty)
    roles.make_tables()
    return roles
