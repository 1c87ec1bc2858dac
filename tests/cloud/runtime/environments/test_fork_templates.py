"""Environments that are forked from a template: as separate as fresh interpreters, and as right."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.cloud.runtime.environments.conftest import Make, call
from tests.cloud.waiting import wait_until, wait_until_gone
from workshop.cloud.offline.runtime.environments import fork_template, fork_templates

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="templates are for Linux")

HASH = "def handler(event, context):\n    return hash('T-1')"
PARENT = "import os\ndef handler(event, context):\n    return os.getppid()"
OWN_MODULE = "import {name}\ndef handler(event, context):\n    return {name}.NAME"
DESCRIPTORS = (
    "import os\n"
    "def handler(event, context):\n"
    "    opened = [os.path.join('/proc/self/fd', name) for name in os.listdir('/proc/self/fd')]\n"
    "    return sorted(os.readlink(name) for name in opened if os.path.exists(name))"
)


def templates() -> list[psutil.Process]:
    """Return the templates that this process owns."""
    name = Path(fork_template.__file__).name
    return [
        each for each in psutil.Process().children() if any(part.endswith(name) for part in command(each))
    ]


def command(process: psutil.Process) -> list[str]:
    """Return the command line of a child; one that has just begun has none for a moment."""
    with contextlib.suppress(psutil.ZombieProcess):
        wait_until(process.cmdline)
        return process.cmdline()
    return []


def test_texts_hash_differently_from_one_environment_to_the_next(make: Make) -> None:
    """Code that relies on `hash` fails as on AWS: neither the next environment nor a restart hashes alike."""
    first, second = make(HASH), make(HASH)
    hashed = json.loads(call(first).payload)

    assert hashed != json.loads(call(second).payload)
    second.interrupt()
    call(second)
    first.interrupt()
    call(first)
    assert hashed != json.loads(call(first).payload)


@pytest.mark.parametrize("name", ["six", "jmespath", "uuid", "decimal"])
def test_a_module_of_the_bundle_comes_before_one_that_the_template_has_loaded(make: Make, name: str) -> None:
    """A bundle may bring a library of its own, under a name that boto3 has loaded already."""
    own = make(OWN_MODULE.format(name=name), modules={name: "NAME = 'own'"})

    assert call(own).payload == b'"own"'


def test_settings_that_a_client_reads_come_from_the_function(make: Make, tmp_path: Path) -> None:
    """A profile that the function names is looked for in its own settings."""
    settings = tmp_path / "config"
    settings.write_text("[profile desk]\nregion = eu-north-1\n", encoding="utf-8")
    source = "import boto3\ndef handler(event, context):\n    return boto3.session.Session().profile_name"
    source += ", boto3.session.Session()._session.get_scoped_config()['region']"

    environment = make(source, environment=(("AWS_PROFILE", "desk"), ("AWS_CONFIG_FILE", str(settings))))

    assert json.loads(call(environment).payload) == ["desk", "eu-north-1"]


def test_libraries_are_looked_for_where_the_function_says(make: Make) -> None:
    """A function that sets their search path starts anew: a running program does not look again."""
    forked, fresh = make(PARENT), make(PARENT, environment=(("LD_LIBRARY_PATH", "/opt/lib"),))

    assert json.loads(call(fresh).payload) == os.getpid()
    assert json.loads(call(forked).payload) != os.getpid()


def test_a_fork_holds_nothing_of_the_template_or_of_others(make: Make) -> None:
    """A handler finds its own pipes and nothing else: no socket to the template, no pipe of a sibling."""
    call(make(DESCRIPTORS))
    answer = json.loads(call(make(DESCRIPTORS)).payload)

    assert [each for each in answer if not each.startswith(("pipe:", "/dev/null"))] == []
    # Standard output, twice its copies; the two ways of the channel.
    assert len({each for each in answer if each.startswith("pipe:")}) == 3


def test_the_end_of_a_template_costs_no_invocation(make: Make) -> None:
    """What was forked goes on, what comes next finds another template, and answers are right all the time."""
    going_on = make("n = 0\ndef handler(event, context):\n    global n\n    n += 1\n    return n")
    call(going_on)
    for each in templates():
        each.kill()
        each.wait()

    assert call(make(HASH)).error_type is None
    assert call(going_on).error_type is None
    assert len(templates()) == 2


def test_idle_templates_end_with_the_last_of_their_forks(make: Make) -> None:
    """Templates end that nobody has forked for long, but no earlier than their forks; others come in need."""
    environment = make(HASH)
    call(environment)
    assert environment.templates is not None

    environment.templates.reap(idle_seconds=0)
    assert len(templates()) == 2
    environment.close()
    environment.templates.reap()
    assert len(templates()) == 2
    environment.templates.reap(idle_seconds=0)
    assert templates() == []

    assert call(make(HASH)).error_type is None


def test_the_first_environment_is_forked_from_the_template_that_was_prepared(make: Make) -> None:
    """What is prepared is one template, and it ends like others if nobody comes."""
    # Earlier tests of this worker may have left templates of their own.
    others = templates()
    environment = make(PARENT)
    assert environment.templates is not None
    environment.templates.prepare()
    [prepared] = [each for each in templates() if each not in others]

    assert call(environment).payload == str(prepared.pid).encode()
    environment.close()
    environment.templates.reap(idle_seconds=0)
    environment.templates.prepare()
    environment.templates.reap()
    assert len([each for each in templates() if each not in others]) == 1
    environment.templates.reap(idle_seconds=0)
    assert [each for each in templates() if each not in others] == []


def test_what_nobody_forks_ends_after_a_minute(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """A template that waits for its first fork is given up soon, also in a cloud that has just begun."""
    others, now = templates(), 1_000.0
    monkeypatch.setattr(fork_templates, "stopwatch", lambda: now)
    made = make(PARENT).templates
    assert made is not None
    made.prepare()

    now += fork_templates.UNFORKED_SECONDS - 1
    made.reap()
    assert len([each for each in templates() if each not in others]) == 1
    now += 1
    made.reap()
    assert [each for each in templates() if each not in others] == []


def test_templates_end_with_their_owner(tmp_path: Path) -> None:
    """Where the owner is killed, its templates end as well."""
    program = (
        "from workshop.cloud.offline.runtime.environments.process import library_paths\n"
        "from workshop.cloud.offline.runtime.environments.fork_templates import Templates\n"
        "from pathlib import Path\n"
        f"made = Templates(library_paths(), lambda: Path({str(tmp_path)!r}))\n"
        "made.warm_up()\n"
        "print('made', flush=True)\n"
        "input()\n"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout is not None
    assert owner.stdout.readline() == "made\n"
    children = psutil.Process(owner.pid).children()
    assert len(children) == 2

    os.kill(owner.pid, signal.SIGKILL)

    owner.communicate()
    for child in children:
        assert wait_until_gone(child.pid)


def test_process_ids_are_given_back(make: Make) -> None:
    """An environment that was closed leaves no zombie behind."""
    environment = make(PARENT)
    parent = psutil.Process(json.loads(call(environment).payload))
    assert parent.children()

    environment.close()

    assert wait_until(lambda: not parent.children())
