"""Environments inside this process: handlers in everybody's style, and the same each time."""

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.cloud.documents import zip_of
from tests.cloud.runtime.environments.conftest import spec
from workshop.clock import ManualClock
from workshop.cloud.offline.runtime.environments.environment import Credentials, EnvironmentAnswer, Invocation
from workshop.cloud.offline.runtime.environments.in_process import InProcessEnvironments
from workshop.cloud.offline.runtime.invocations.functions import Bundle

NOWHERE = "http://127.0.0.1:1"
# In June 2025.
NOW = 1_750_000_500.0


def make_client(service: str, variables: dict[str, str], **given: Any) -> Any:
    """Return a client that nobody calls."""
    keys = {"aws_access_key_id": variables["AWS_ACCESS_KEY_ID"], "aws_secret_access_key": "secret"}
    return boto3.client(service, **{**keys, **given})


@pytest.fixture
def environments() -> InProcessEnvironments:
    """Makes environments on a clock that stands still."""
    return InProcessEnvironments(clock=ManualClock(NOW), endpoint_url=NOWHERE, make_client=make_client)


def invoke(environments: InProcessEnvironments, source: str, key: str = "key", **settings: Any) -> Any:
    """Return what a new environment, which then ends, answers."""
    return json.loads(answer(environments, source, key, **settings).payload)


def answer(
    environments: InProcessEnvironments, source: str, key: str = "key", **settings: Any
) -> EnvironmentAnswer:
    function, keys = spec(source, **settings), Credentials(key, "secret", "token")
    environment = environments.create(function, credentials=keys, log_stream="s")
    try:
        return environment.invoke(Invocation("request", b"{}", "arn"))
    finally:
        environment.close()


@pytest.mark.parametrize(
    "made",
    [
        'boto3.client("dynamodb", "eu-west-1")',
        'boto3.resource("dynamodb").Table("T").meta.client',
        'boto3.Session(region_name="eu-west-1").client("dynamodb")',
        'Session().resource("dynamodb").meta.client',
        'boto3.session.Session(None, None).client("dynamodb", endpoint_url=None)',
    ],
)
def test_clients_of_every_style_have_the_environments_own_credentials(environments, made: str) -> None:
    """However a module makes its client, each environment has one of its own, with its own credentials."""
    source = f"""
import boto3
from boto3.dynamodb.conditions import Attr
from boto3.session import Session
CLIENT = {made}
def handler(*_):
    return CLIENT._request_signer._credentials.access_key, Attr("a").name
"""

    found = [invoke(environments, source, key, environment=()) for key in ("first", "second")]

    assert found == [["first", "a"], ["second", "a"]]


def test_a_session_may_have_other_credentials(environments) -> None:
    """Keys that a handler gives, such as those of a role that it has assumed, are used."""
    source = """
import boto3
def handler(*_):
    session = boto3.Session("other", "secret", region_name="eu-west-1")
    client = session.resource("sqs").meta.client
    return client._request_signer._credentials.access_key, client.meta.region_name
"""

    assert invoke(environments, source) == ["other", "eu-west-1"]


@pytest.fixture
def user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A user with keys in a file, a region, and a profile that is not there."""
    keys = tmp_path / "credentials"
    keys.write_text("[default]\naws_access_key_id = user\naws_secret_access_key = secret\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(keys))
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-gov-west-1")
    monkeypatch.setenv("AWS_PROFILE", "gone")


@pytest.mark.usefixtures("user")
@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ("", ["key", "token", "us-east-1"]),
        ("region_name='eu-west-1'", ["key", "token", "eu-west-1"]),
        ("'own', 'secret', None, 'eu-west-1'", ["own", None, "eu-west-1"]),
        ("aws_access_key_id='own', aws_secret_access_key='secret'", ["own", None, "us-east-1"]),
    ],
)
def test_a_session_knows_its_environment_and_not_the_user(environments, arguments: str, wanted) -> None:
    """A session's credentials and region are those given, or the environment's, never this machine's."""
    source = f"""
import boto3
def handler(*_):
    session = boto3.Session({arguments})
    keys = session.get_credentials()
    return keys.access_key, keys.token, session.region_name
"""

    assert invoke(environments, source) == wanted


CHANCE = """
import os, random, uuid
from random import choice
from uuid import uuid4
HERE = str(uuid4())
def handler(*_):
    return [HERE, random.random(), choice(range(1000)), str(uuid.uuid4()), os.urandom(4).hex()]
"""


def test_chance_is_the_same_in_every_run(environments) -> None:
    """Two environments draw different numbers, and draw them again when the experiment begins again."""
    before = [invoke(environments, CHANCE) for _ in range(2)]
    environments.restart()

    assert [invoke(environments, CHANCE) for _ in range(2)] == before
    assert all(one != other for one, other in zip(*before, strict=True))


@pytest.mark.parametrize(
    ("read", "wanted"),
    [
        ("datetime.now(UTC).isoformat()", "2025-06-15T15:15:00+00:00"),
        ("datetime.utcnow().isoformat()", "2025-06-15T15:15:00"),
        ("str(date.today())[:7]", "2025-06"),
        ("isinstance(datetime.fromisoformat('2020-01-01'), datetime)", True),
        ("time.strftime('%H:%M', time.gmtime())", "15:15"),
        ("time.strftime('%Y')", "2025"),
        ("time.gmtime(0).tm_year", 1970),
        ("time.monotonic_ns() / 1e9", NOW),
    ],
)
def test_every_clock_is_the_experiments(environments, read: str, wanted: Any) -> None:
    """Whatever a handler asks for the time tells the laboratory's."""
    source = f"import time\nfrom datetime import UTC, date, datetime\ndef handler(*_):\n    return {read}\n"

    assert invoke(environments, source) == wanted


def test_what_a_module_has_read_is_read_again(environments) -> None:
    """A variable that a module keeps in a global is that of its own environment."""
    source = "import os\nCOLOUR = os.environ['COLOUR']\ndef handler(*_):\n    return COLOUR\n"

    found = [invoke(environments, source, environment=(("COLOUR", one),)) for one in ("red", "blue")]

    assert found == ["red", "blue"]


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("import missing\n", "Runtime.ImportModuleError"),
        ("def handler(:\n", "Runtime.UserCodeSyntaxError"),
        ("1 / 0\n", "ZeroDivisionError"),
    ],
)
def test_what_cannot_be_imported_fails_each_time(environments, source: str, kind: str) -> None:
    """A module that fails is not half there afterwards: the next environment fails in the same way."""
    assert [answer(environments, source).error_type for _ in range(3)] == [kind] * 3


def test_layers_lie_behind_the_functions_own_modules(environments) -> None:
    """A module of a layer is found, the later layer's first, and the function's own hides it."""
    layers = tuple(
        Bundle.of(zip_of("", **{"python/shared": f"X = {number}", "python/own": "X = 0"}))
        for number in (1, 2)
    )
    source = "import own, shared\ndef handler(*_):\n    return [own.X, shared.X]\n"

    assert invoke(environments, source, modules={"own": "X = 9"}, layers=layers) == [9, 2]
