"""Execution environments that are real processes: what a handler can do to itself, and to nobody else."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.cloud.documents import zip_of
from tests.cloud.runtime.environments.conftest import ARN, LOG_STREAM, Make, call, spec
from tests.cloud.waiting import wait_until, wait_until_gone
from workshop.clock import stopwatch
from workshop.cloud.offline.processes import is_alive
from workshop.cloud.offline.runtime import EnvironmentAnswer, Invocation
from workshop.cloud.offline.runtime.invocations.functions import Bundle

INDEX, UNIMPORTABLE = "index.handler", "Runtime.ImportModuleError"


def failure(answer: EnvironmentAnswer) -> dict:
    return json.loads(answer.payload)


def test_handler_gets_the_event_and_answers(make: Make) -> None:
    """A handler receives the event and its return value is the answer."""
    environment = make("def handler(event, context):\n    return {'got': event['€']}")

    answer = call(environment, {"€": [1, 2.5, None]})

    assert json.loads(answer.payload) == {"got": [1, 2.5, None]}
    assert answer.error_type is None


# Prints, and goes on only when a file is there.
WAITS = """
import os, time
print("loading")
def handler(event, context):
    print("begins", flush=True)
    while not os.path.exists(event["until"]):
        time.sleep(0.02)
    print("ends")
    if event.get("exit"):
        os._exit(1)
    if event.get("stay"):
        time.sleep(60)
"""


@pytest.mark.parametrize("ending", ["returns", "exit", "stay"])
def test_lines_are_told_while_the_handler_runs(make: Make, tmp_path, ending: str) -> None:
    """What was printed is told while an invocation lasts, however it ends; the answer holds the rest."""
    environment = make(WAITS, timeout_seconds=3.0)
    told: list[str] = []

    def log(lines: Sequence[str]) -> None:
        told.extend(lines)
        (tmp_path / "seen").write_text("")

    event = json.dumps({"until": str(tmp_path / "seen"), ending: True}).encode()
    answer = environment.invoke(Invocation("req", event, ARN, log=log))

    assert told[:2] == ["loading", "begins"]
    assert [*told, *answer.output] == ["loading", "begins", "ends"]
    assert answer.is_timeout is (ending == "stay")
    assert answer.error_type == {"exit": "Runtime.ExitError", "stay": "Sandbox.Timedout"}.get(ending)


def test_a_log_that_cannot_be_written_leaves_no_answer_behind(make: Make, tmp_path) -> None:
    """If telling fails, the environment starts anew, and the next event gets its own answer."""
    environment = make(WAITS)

    def log(_: Sequence[str]) -> None:
        (tmp_path / "seen").write_text("")
        raise OSError("no room")

    event = json.dumps({"until": str(tmp_path / "seen")}).encode()
    with pytest.raises(OSError, match="no room"):
        environment.invoke(Invocation("first", event, ARN, log=log))

    answer = environment.invoke(Invocation("second", event, ARN))
    assert answer.init_ms is not None
    assert answer.output == ("loading", "begins", "ends")


def test_globals_survive_between_invocations(make: Make) -> None:
    """A module is imported once per environment; its globals live as long as the environment."""
    environment = make("n = 0\ndef handler(event, context):\n    global n\n    n += 1\n    return n")

    answers = [call(environment) for _ in range(3)]

    assert [answer.payload for answer in answers] == [b"1", b"2", b"3"]
    assert answers[0].init_ms is not None
    assert [answer.init_ms for answer in answers[1:]] == [None, None]


def test_environments_share_nothing(make: Make) -> None:
    """Two environments of one function have globals of their own."""
    source = "n = 0\ndef handler(event, context):\n    global n\n    n += 1\n    return n"
    first, second = make(source), make(source)

    assert [call(one).payload for one in (first, first, second)] == [b"1", b"2", b"1"]


def test_bundle_is_the_working_directory(make: Make) -> None:
    """Modules of the bundle can be imported, and its files lie in the working directory."""
    source = (
        "import os, pkg.inner\n"
        "def handler(event, context):\n"
        "    return [pkg.inner.NAME, sorted(os.listdir()), os.getcwd() == os.environ['LAMBDA_TASK_ROOT']]"
    )

    answer = call(make(source, modules={"pkg__inner": "NAME = 'inner'"}))

    name, files, is_root = json.loads(answer.payload)
    assert (name, is_root) == ("inner", True)
    assert {"index.py", "pkg"} <= set(files)


def test_handler_may_lie_in_a_package(make: Make) -> None:
    """`package/module.function` and `package.module.function` name the same handler."""
    modules = {"pkg__inner": "def run(event, context):\n    return __name__"}
    for name in ("pkg/inner.run", "pkg.inner.run"):
        assert call(make("", modules=modules, handler=name)).payload == b'"pkg.inner"'


def test_layers_can_be_imported(make: Make) -> None:
    """Modules of layers can be imported; a later layer covers an earlier one, and the bundle covers both."""
    first = Bundle.of(zip_of("N = 1", name="python/a.py", python__b="N = 1"))
    second = Bundle.of(zip_of("N = 2", name="python/a.py", python__c="N = 2"))
    source = "import a, b, c\ndef handler(event, context):\n    return [a.N, b.N, c.N]"

    answer = call(make(source, layers=(first, second), modules={"c": "N = 3"}))

    assert answer.payload == b"[2, 1, 3]"


def test_layers_may_be_made_for_one_runtime(make: Make) -> None:
    """A layer may have its modules in the folder of the packages of the function's own runtime."""
    here = f"python/lib/{spec('').runtime}/site-packages"
    layer = Bundle.of(zip_of("N = 1", name=f"{here}/a.py"))
    other = Bundle.of(zip_of("N = 2", name="python/lib/python2.7/site-packages/a.py"))

    answer = call(make("import a\ndef handler(event, context):\n    return a.N", layers=(layer, other)))

    assert answer.payload == b"1"


def test_boto3_can_be_imported(make: Make) -> None:
    """A handler finds boto3, as in Lambda's own Python runtime, and not the workshop."""
    source = (
        "import importlib.util, boto3\n"
        "def handler(event, context):\n"
        "    client = boto3.client('dynamodb')\n"
        "    return [client.meta.endpoint_url, client.meta.region_name]"
    )

    assert json.loads(call(make(source)).payload) == ["http://127.0.0.1:4566", "us-east-1"]


def test_environment_variables(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """A handler finds Lambda's variables and its own, and none of the shell's."""
    monkeypatch.setenv("SECRET_OF_THE_SHELL", "x")
    monkeypatch.setenv("AWS_PROFILE", "mine")
    source = "import os\ndef handler(event, context):\n    return dict(os.environ)"

    variables = json.loads(call(make(source, environment=(("TABLE", "T"), ("TZ", "CET")))).payload)

    expected = {
        "_HANDLER": "index.handler",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "AWS_LAMBDA_FUNCTION_NAME": "F",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/F",
        "AWS_LAMBDA_LOG_STREAM_NAME": LOG_STREAM,
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_SESSION_TOKEN": "token",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:4566",
        "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",
        "LANG": "en_US.UTF-8",
        "TABLE": "T",
        "TZ": "CET",
    }
    assert expected.items() <= variables.items()
    assert {"PATH", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR", "PYTHONPATH"} <= variables.keys()
    assert not {"SECRET_OF_THE_SHELL", "AWS_PROFILE", "VIRTUAL_ENV"} & variables.keys()
    assert variables["HOME"] != os.environ.get("HOME")


def test_context(make: Make) -> None:
    """The context tells who runs, under which request, and how much time is left."""
    source = (
        "import time\n"
        "def handler(event, context):\n"
        "    before = context.get_remaining_time_in_millis()\n"
        "    time.sleep(0.02)\n"
        "    after = context.get_remaining_time_in_millis()\n"
        "    return {'left': [before, after], 'type': type(context).__name__,\n"
        "            'identity': str(context.identity),\n"
        "            **{name: getattr(context, name) for name in event}}"
    )
    names = [
        "function_name",
        "function_version",
        "invoked_function_arn",
        "memory_limit_in_mb",
        "aws_request_id",
        "log_group_name",
        "log_stream_name",
        "client_context",
    ]

    seen = json.loads(call(make(source), names, request_id="request-7").payload)

    before, after = seen.pop("left")
    assert 9000 < after < before <= 10_000
    assert seen.pop("type") == "LambdaContext"
    assert "cognito_identity_id" in seen.pop("identity")
    assert seen == {
        "function_name": "F",
        "function_version": "$LATEST",
        "invoked_function_arn": ARN,
        "memory_limit_in_mb": "256",
        "aws_request_id": "request-7",
        "log_group_name": "/aws/lambda/F",
        "log_stream_name": LOG_STREAM,
        "client_context": None,
    }


def test_client_context_is_handed_on(make: Make) -> None:
    """A mobile client's context reaches the handler as attributes."""
    source = (
        "def handler(event, context):\n"
        "    return [context.client_context.custom, context.client_context.client.a]"
    )
    context = json.dumps({"client": {"a": 1}, "custom": {"b": 2}, "env": {}})

    answer = make(source).invoke(Invocation("req", b"{}", ARN, context))

    assert json.loads(answer.payload) == [{"b": 2}, 1]


def test_exception_is_described(make: Make) -> None:
    """An exception gives its message, type, request id and stack, and is written to the log."""
    environment = make(
        "def inner():\n    raise ValueError('too bad')\ndef handler(event, context):\n    inner()"
    )

    answer = call(environment, request_id="r1")

    payload = failure(answer)
    assert answer.error_type == "ValueError"
    assert list(payload) == ["errorMessage", "errorType", "requestId", "stackTrace"]
    assert (payload["errorMessage"], payload["errorType"], payload["requestId"]) == (
        "too bad",
        "ValueError",
        "r1",
    )
    assert ["in handler" in payload["stackTrace"][0], "in inner" in payload["stackTrace"][1]] == [True, True]
    assert len(payload["stackTrace"]) == 2
    assert answer.output[0].startswith(
        "[ERROR] ValueError: too bad\nTraceback (most recent call last):\n  File"
    )
    assert call(environment).init_ms is None


@pytest.mark.parametrize(
    ("source", "handler", "error_type", "message"),
    [
        ("import lost", INDEX, UNIMPORTABLE, "Unable to import module 'index': No module named 'lost'"),
        ("", INDEX, "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'index'"),
        ("", "other.handler", UNIMPORTABLE, "Unable to import module 'other': No module named 'other'"),
        (
            "def handler(:",
            INDEX,
            "Runtime.UserCodeSyntaxError",
            "Syntax error in module 'index': invalid syntax (index.py, line 1)",
        ),
        (
            "",
            "handler",
            "Runtime.MalformedHandlerName",
            "Bad handler 'handler': not enough values to unpack (expected 2, got 1)",
        ),
        ("1/0", INDEX, "ZeroDivisionError", "division by zero"),
        (
            "def handler(event, context):\n    return {1}",
            INDEX,
            "Runtime.MarshalError",
            "Unable to marshal response: Object of type set is not JSON serializable",
        ),
    ],
)
def test_faults_have_their_names(make: Make, source, handler, error_type, message) -> None:
    """Each way in which a handler cannot be loaded, or cannot answer, has Lambda's own name."""
    answer = call(make(source, handler=handler))

    assert answer.error_type == error_type
    assert (failure(answer)["errorType"], failure(answer)["errorMessage"]) == (error_type, message)
    assert any(error_type in line for line in answer.output)


@pytest.mark.parametrize("source", ["from sibling import nothing", "from sibling import work as handler"])
def test_an_error_shows_where_lambda_has_the_code(make: Make, source: str) -> None:
    """Messages, stack traces and the log show paths as in Lambda, not those of this machine."""
    sibling = "def work(event, context):\n    raise ValueError(__file__)"

    answer = call(make("", code=Bundle.of(zip_of(source, sibling=sibling))))

    told = json.dumps([failure(answer), *answer.output])
    assert "/var/task/sibling.py" in failure(answer)["errorMessage"]
    assert "workshop-lambda" not in told


def test_failed_start_is_tried_again(make: Make) -> None:
    """After a failed initialisation the next event initialises again."""
    environment = make("import not_there")

    assert call(environment).error_type == call(environment).error_type == "Runtime.ImportModuleError"


def test_code_that_is_no_zip_is_a_fault(make: Make) -> None:
    """Code that cannot be unpacked fails the invocation, not the runtime."""
    answer = call(make("", code=Bundle.of(b"no zip")))

    assert answer.error_type == "Runtime.InvalidCode"


def test_decimals_are_numbers(make: Make) -> None:
    """A handler may return decimals."""
    source = (
        "from decimal import Decimal\ndef handler(event, context):\n    return [Decimal('1.5'), Decimal('2')]"
    )

    assert call(make(source)).payload == b"[1.5, 2]"


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("import sys; sys.exit(3)", "Runtime exited with error: exit status 3"),
        ("exit(1)", "Runtime exited with error: exit status 1"),
        ("import os; os._exit(0)", "Runtime exited without providing a reason"),
        ("import os; os._exit(9)", "Runtime exited with error: exit status 9"),
        pytest.param(
            "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
            "Runtime exited with error: signal: segmentation fault",
            marks=pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals"),
        ),
    ],
)
def test_exit_costs_only_the_environment(make: Make, statement, message) -> None:
    """A handler that exits, or is killed, fails its invocation; the next one starts afresh."""
    environment = make(
        "n = 0\ndef handler(event, context):\n    global n\n    n += 1\n"
        f"    if event: print('bye'); {statement}\n"
        "    return n"
    )
    assert call(environment, False).payload == b"1"

    answer = call(environment, True, request_id="r2")

    assert answer.error_type == "Runtime.ExitError"
    assert failure(answer)["errorMessage"] == f"RequestId: r2 Error: {message}"
    assert answer.output == ("bye",)
    again = call(environment, False)
    assert (again.payload, again.init_ms is None) == (b"1", False)


def test_memory_error_is_an_error(make: Make) -> None:
    """A handler that runs out of memory fails like one with any other exception."""
    answer = call(make("def handler(event, context):\n    raise MemoryError"))

    assert answer.error_type == "MemoryError"


def test_timeout_kills_the_handler(make: Make) -> None:
    """A handler is killed at its timeout; what it printed is kept, and the next event starts afresh."""
    environment = make(
        "n = 0\ndef handler(event, context):\n    global n\n    n += 1\n    print('working')\n"
        "    while event: pass\n    return n",
        timeout_seconds=0.5,
    )
    started = stopwatch()

    answer = call(environment, True, request_id="r3")

    assert 0.4 < stopwatch() - started < 5
    assert answer.is_timeout
    assert failure(answer) == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": "RequestId: r3 Error: Task timed out after 0.50 seconds",
    }
    assert answer.output == ("working",)
    assert call(environment, False).payload == b"1"


def test_timeout_that_comes_too_late_is_none_of_the_next_event(make: Make) -> None:
    """When an environment's time is said to be up after it has answered, a later crash is still a crash."""
    environment = make("import os\ndef handler(event, context):\n    if event: os._exit(3)")
    call(environment, False)
    environment.interrupt(is_timeout=True)

    answer = call(environment, True)

    assert (answer.error_type, answer.is_timeout) == ("Runtime.ExitError", False)


def test_temporary_files_survive_a_timeout(make: Make) -> None:
    """The temporary folder outlives the process, as `/tmp` does."""
    environment = make(
        "import pathlib, tempfile\nfile = pathlib.Path(tempfile.gettempdir(), 'seen')\n"
        "def handler(event, context):\n    seen = file.exists()\n    file.touch()\n    while event: pass\n"
        "    return seen",
        timeout_seconds=0.5,
    )
    call(environment, True)

    assert call(environment, False).payload == b"true"


def test_endless_start_is_cut_off(make: Make) -> None:
    """A module that never finishes its import fails the invocation."""
    environment = make("while True: pass")
    environment.init_limit_seconds = 0.5

    answer = call(environment)

    assert answer.is_timeout


def test_output_is_the_log(make: Make) -> None:
    """What a handler prints, line by line, and what it writes to the descriptor itself, is its log."""
    source = (
        "import os, sys\nprint('init')\n"
        "def handler(event, context):\n"
        "    print('one\\ntwo')\n    print('err', file=sys.stderr)\n    os.write(1, b'raw\\n')\n"
        "    print('no line end', end='')"
    )
    environment = make(source)

    assert call(environment).output == ("init", "one", "two", "err", "raw", "no line end")
    assert call(environment).output == ("one", "two", "err", "raw", "no line end")


def test_log_records_have_lambdas_format(make: Make) -> None:
    """A log record is one event with level, time, request id and message; below WARNING nothing is logged."""
    source = (
        "import logging\ndef handler(event, context):\n"
        "    logging.info('quiet')\n    logging.warning('a\\nb')"
    )

    (line,) = call(make(source), request_id="r4").output

    level, moment, request_id, message = line.split("\t")
    assert (level, request_id, message) == ("[WARNING]", "r4", "a\nb")
    assert moment.endswith("Z")


def test_printing_does_not_disturb_the_answer(make: Make) -> None:
    """Whatever a handler writes, closes or replaces, its answer arrives."""
    source = (
        "import os, sys\n"
        "def handler(event, context):\n"
        "    os.write(1, b'WSF1' + bytes(range(256)))\n    os.write(2, b'noise')\n"
        "    sys.stdout.close()\n    sys.stderr = None\n    return 'fine'"
    )
    environment = make(source)

    assert call(environment).payload == b'"fine"'


def test_flood_of_output_is_bounded(make: Make) -> None:
    """A handler that prints without measure is neither blocked nor does it fill the memory."""
    source = "def handler(event, context):\n    for _ in range(200): print('x' * 100_000)\n    return 'done'"

    answer = call(make(source))

    assert answer.payload == b'"done"'
    assert sum(map(len, answer.output)) < 5 * 2**20
    assert "more bytes of output were dropped" in answer.output[-1]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
def test_forked_child_does_not_answer_twice(make: Make) -> None:
    """A child process that returns from the handler ends there; only the parent answers."""
    source = (
        "import os\nn = 0\ndef handler(event, context):\n    global n\n    n += 1\n"
        "    pid = os.fork()\n    if pid: os.waitpid(pid, 0)\n    return n"
    )
    environment = make(source)

    assert [call(environment).payload for _ in range(3)] == [b"1", b"2", b"3"]


def test_timeout_ends_children_too(make: Make) -> None:
    """Processes that a handler has started end with it."""
    source = (
        "import subprocess, sys\ndef handler(event, context):\n"
        "    child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "    print(child.pid)\n    child.wait()"
    )

    answer = call(make(source, timeout_seconds=1.0))

    assert answer.is_timeout
    assert wait_until_gone(int(answer.output[0]))


@pytest.mark.parametrize("statement", ["pass", "while True: pass"])
def test_no_process_outlives_its_owner(tmp_path: Path, statement) -> None:
    """When its owner is killed an environment ends too, even in the middle of a busy handler."""
    owner = tmp_path / "owner.py"
    owner.write_text(
        "import sys\n"
        "from tests.cloud.runtime.environments.conftest import spec, call, LOG_STREAM\n"
        "from workshop.cloud.offline.runtime import Credentials\n"
        "from workshop.cloud.offline.runtime.environments import subprocess_environment\n"
        "source = 'import os, pathlib\\ndef handler(event, context):\\n'\n"
        f"source += '    pathlib.Path({json.dumps(str(tmp_path / 'pid'))}).write_text(str(os.getpid()))\\n'\n"
        f"source += '    {statement}\\n'\n"
        "factory = subprocess_environment.SubprocessEnvironments(endpoint_url='')\n"
        "environment = factory.create(\n"
        "    spec(source), credentials=Credentials('k', 's', 't'), log_stream=LOG_STREAM)\n"
        "call(environment)\n"
        "sys.stdin.read()\n"
    )
    process = subprocess.Popen(
        [sys.executable, str(owner)],
        stdin=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    try:
        note = tmp_path / "pid"
        assert wait_until(lambda: note.exists() and note.read_text(), 30)
        pid = int(note.read_text())
        assert is_alive(pid)
    finally:
        process.kill()
        process.communicate()

    assert wait_until_gone(pid)


def test_closed_environment_answers_with_an_error(make: Make) -> None:
    """An environment that was closed fails an invocation instead of starting again."""
    environment = make("def handler(event, context):\n    return 1")
    call(environment)

    environment.close()

    assert call(environment).error_type == "Runtime.ExitError"
