"""Environments inside this process: handlers in everybody's style, and the same each time."""

import json
import logging
import time
from collections.abc import Iterator
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
def clock() -> ManualClock:
    """A clock that stands still."""
    return ManualClock(NOW)


@pytest.fixture
def environments(clock: ManualClock) -> InProcessEnvironments:
    """Makes environments on this clock."""
    return InProcessEnvironments(clock=clock, endpoint_url=NOWHERE, make_client=make_client)


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
import os, random, secrets, uuid
from random import choice
from uuid import uuid4
HERE = str(uuid4())
def handler(*_):
    given = [random.Random(), random.SystemRandom()]
    given += [random, secrets.SystemRandom()] if random.seed() is None else []
    drawn = [one.random() for one in given]
    tokens = [secrets.token_hex(), secrets.token_urlsafe(4), secrets.randbelow(10**9)]
    return [HERE, choice(range(10**9)), str(uuid.uuid4()), os.urandom(4).hex(), *drawn, *tokens]
"""


def test_chance_is_the_same_in_every_run(environments) -> None:
    """Two environments draw different numbers, and draw them again when the experiment begins again."""
    before = [invoke(environments, CHANCE) for _ in range(2)]
    environments.restart()

    assert [invoke(environments, CHANCE) for _ in range(2)] == before
    assert all(one != other for one, other in zip(*before, strict=True))


@pytest.fixture
def far_from_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine where it is tomorrow already; Windows keeps its own time zone."""
    # The form of POSIX needs no catalogue of zones.
    monkeypatch.setenv("TZ", "EAST-14")
    if hasattr(time, "tzset"):
        time.tzset()
    yield
    monkeypatch.undo()
    if hasattr(time, "tzset"):
        time.tzset()


@pytest.mark.parametrize(
    ("read", "wanted"),
    [
        ("datetime.now(UTC).isoformat()", "2025-06-15T15:15:00+00:00"),
        ("datetime.utcnow().isoformat()", "2025-06-15T15:15:00"),
        ("datetime.now().isoformat()", "2025-06-15T15:15:00"),
        ("datetime.today().isoformat()", "2025-06-15T15:15:00"),
        ("datetime.fromtimestamp(0).isoformat()", "1970-01-01T00:00:00"),
        ("datetime(1970, 1, 1).timestamp()", 0.0),
        ("datetime.now().astimezone().isoformat()", "2025-06-15T15:15:00+00:00"),
        ("datetime.fromisoformat('2020-01-01T00:00+02:00').astimezone().hour", 22),
        ("str(date.today())", "2025-06-15"),
        ("str(date.fromtimestamp(0))", "1970-01-01"),
        ("time.ctime()", "Sun Jun 15 15:15:00 2025"),
        ("time.ctime(0)", "Thu Jan  1 00:00:00 1970"),
        ("time.asctime()", "Sun Jun 15 15:15:00 2025"),
        ("time.localtime().tm_hour", 15),
        ("time.localtime(None).tm_hour", 15),
        ("time.mktime(time.gmtime(NOW))", NOW),
        ("[*time.tzname, time.timezone]", ["UTC", "UTC", 0]),
        ("time.process_time()", NOW),
        ("isinstance(datetime.fromisoformat('2020-01-01'), datetime)", True),
        ("time.strftime('%H:%M', time.gmtime())", "15:15"),
        ("time.strftime('%Y')", "2025"),
        ("time.gmtime(0).tm_year", 1970),
        ("time.monotonic_ns() / 1e9", NOW),
    ],
)
@pytest.mark.usefixtures("far_from_utc")
def test_every_clock_is_the_experiments(environments, read: str, wanted: Any) -> None:
    """Whatever a handler asks for the time tells the laboratory's, in UTC, wherever this machine is."""
    source = f"import time\nfrom datetime import UTC, date, datetime\nNOW = {NOW}\n"
    source += f"def handler(*_):\n    return {read}\n"

    assert invoke(environments, source) == wanted


@pytest.mark.parametrize(
    "read",
    [
        "os.environ['COLOUR']",
        "os.getenv('COLOUR')",
        "(os.environ | {})['COLOUR']",
        "({} | os.environ)['COLOUR']",
        "os.environ.copy()['COLOUR']",
        "copy.copy(os.environ)['COLOUR']",
        "copy.deepcopy(os.environ)['COLOUR']",
        "{**os.environ}['COLOUR']",
    ],
)
def test_what_a_module_has_read_is_read_again(environments, read: str) -> None:
    """A variable that a module keeps in a global is that of its own environment."""
    source = f"import copy, os\nCOLOUR = {read}\ndef handler(*_):\n    return COLOUR\n"

    found = [invoke(environments, source, environment=(("COLOUR", one),)) for one in ("red", "blue")]

    assert found == ["red", "blue"]


@pytest.mark.parametrize("read", ["time.time()", "datetime.now().timestamp()", "time.gmtime()[5] + NOW"])
def test_a_module_tells_the_time_anew(environments, clock: ManualClock, read: str) -> None:
    """A moment that a module keeps in a global is when its own environment began."""
    source = f"import time\nfrom datetime import datetime\nNOW = {NOW}\nSTARTED = {read}\n"
    source += "def handler(*_):\n    return STARTED\n"
    first = invoke(environments, source)

    clock.advance(5)

    assert [first, invoke(environments, source)] == [NOW, NOW + 5]


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


@pytest.mark.parametrize(
    "made",
    [
        "{'d': boto3.client('dynamodb', 'eu-west-1')}",
        "[threading.Lock()]",
        "{'m': threading}",
    ],
)
def test_a_module_may_hold_what_cannot_be_copied(environments, made: str) -> None:
    """A container of clients or locks is made anew for each environment."""
    source = f"import boto3, threading\nHELD = {made}\nSEEN = []\n"
    source += "def handler(*_):\n    SEEN.append(1)\n    return len(SEEN)\n"

    assert [invoke(environments, source) for _ in range(2)] == [1, 1]


@pytest.mark.parametrize("made", ["{}", "defaultdict(int)", "Counter()", "OrderedDict()"])
def test_modules_share_what_they_hold_together(environments, made: str) -> None:
    """What a module has put into another's container is there in each environment, and no more than that."""
    shared = f"from collections import *\nHELD = {made}\n"
    source = "import shared\nfrom shared import HELD\nHELD[0] = 0\n"
    source += "def handler(*_):\n    HELD[len(HELD)] = 1\n    return [*shared.HELD.values()]\n"

    found = [invoke(environments, source, modules={"shared": shared}) for _ in range(3)]

    assert found == [[0, 1]] * 3


def test_what_a_handler_imports_late_begins_anew(environments) -> None:
    """A module that only the handler imports is fresh in each environment, and so is what it changes."""
    source = "SEEN = []\ndef handler(*_):\n    import late\n    return late.SEEN\n"
    late = "import index\nSEEN = index.SEEN\nSEEN.append(1)\n"

    assert [invoke(environments, source, modules={"late": late}) for _ in range(3)] == [[1]] * 3


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        ("sys.exit(3)", "Runtime exited with error: exit status 3"),
        ("sys.exit('text')", "Runtime exited with error: exit status 1"),
        ("sys.exit()", "Runtime exited without providing a reason"),
        ("exit(4)", "Runtime exited with error: exit status 4"),
        ("os._exit(5)", "Runtime exited with error: exit status 5"),
        ("raise GeneratorExit", "Runtime exited with error: exit status 1"),
    ],
)
@pytest.mark.parametrize("place", ["def handler(*_):\n    {end}", "{end}"])
def test_a_handler_that_exits_ends_its_environment_only(
    environments, place: str, end: str, reason: str
) -> None:
    """However a handler or its module ends the process, the caller gets the fault of a lost process."""
    found = answer(environments, "import os, sys\n" + place.format(end=end))

    assert found.error_type == "Runtime.ExitError"
    assert json.loads(found.payload)["errorMessage"].endswith(reason)


LOGGING = """
import logging, sys
logging.getLogger().setLevel(logging.INFO)
logging.getLogger("handlers-own").addHandler(logging.NullHandler())
def handler(*_):
    logging.info("a\\nb")
    print("err", file=sys.stderr)
    logging.getLogger("workshop.cloud").error("of the cloud")
"""


def test_what_a_handler_logs_is_its_own(environments, caplog, capsys) -> None:
    """Log lines have Lambda's form, the clock's time and the request's id; nobody else's logging changes."""
    level, wanted = logging.root.level, "[INFO]\t2025-06-15T15:15:00.000Z\trequest\ta\nb"

    sources = (LOGGING, LOGGING, LOGGING.replace("INFO", "ERROR"))
    found = [answer(environments, source).output for source in sources]

    assert found == [(wanted, "err"), (wanted, "err"), ("err",)]
    assert (logging.root.level, "handlers-own" in logging.root.manager.loggerDict) == (level, False)
    assert [record.getMessage() for record in caplog.records] == ["of the cloud"] * 3
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    "set_up", ["setLevel('INFO')", "addFilter(str)", "addHandler(logging.StreamHandler())"]
)
def test_a_logger_is_set_up_in_each_environment(environments, set_up: str) -> None:
    """What a module sets of a logger while it is loaded holds in every environment, not just the first."""
    source = f"""
import logging
logging.getLogger("own").{set_up}
def handler(*_):
    own = logging.getLogger("own")
    print(own.level, len(own.filters), len(own.handlers))
"""

    first, second = (answer(environments, source).output for _ in range(2))

    assert first == second
    assert first != ("0 0 0",)


def test_an_error_is_one_event_of_the_log(environments) -> None:
    """What a handler raises stands in its log as in a process's, with its trace; empty lines do not."""
    source = "def handler(*_):\n    print('before\\n')\n    raise ValueError('a\\nb')\n"

    before, error = answer(environments, source).output

    assert before == "before"
    assert error.startswith("[ERROR] ValueError: a\nb\nTraceback (most recent call last):\n")


def test_a_syntax_error_keeps_nothing_of_those_who_met_it(environments) -> None:
    """Each environment that meets a module's error gets one of its own: its trace has no other's lines."""
    source = "def handler(*_):\n    import broken\n"

    found = [invoke(environments, source, modules={"broken": "def (:"}) for _ in range(3)]

    assert found[0]["errorType"] == "SyntaxError"
    assert found[0]["stackTrace"]
    assert found == found[:1] * 3
