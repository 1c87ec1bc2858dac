"""A checkout with stand-in handlers, and an account in process: moto with the overlay's corrections."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto import mock_aws

from workshop.clock import ManualClock
from workshop.cloud.connection import Cloud
from workshop.cloud.offline.overlay import apply
from workshop.deploy.bundles import GENERATOR, PRODUCER

ROOT = Path(__file__).parents[2]
HANDLER = "from common.shared import answer\n\n\ndef handler(event, context):\n    return answer({!r})\n"
HANDLERS = {"stateless": ("map", "reduce"), "stateful": ("state", "map", "reduce")}


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout: our templates, and handlers that say which variant they are; the working directory."""
    write(tmp_path / "lambdas/common/shared.py", "def answer(value):\n    return value\n")
    for pipeline, functions in HANDLERS.items():
        for function in functions:
            for place in ("lambdas", "solutions/lambdas/textbook"):
                write(tmp_path / place / pipeline / f"{function}.py", HANDLER.format(f"{place} {function}"))
    for each in (f"{GENERATOR}/round.py", *PRODUCER):
        write(tmp_path / each, HANDLER.format("generator"))
    write(tmp_path / "solutions/lambdas/ledger/stateful/map.py", HANDLER.format("ledger map"))
    shutil.copytree(ROOT / "cloudformation", tmp_path / "cloudformation")
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def clients() -> Iterator[Cloud]:
    """The clients of the account, made once: that takes longer than most tests."""
    with pytest.MonkeyPatch.context() as environment:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            environment.setenv(name, "test")
        for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
            environment.delenv(name, raising=False)
        environment.setenv("AWS_ACCOUNT_ID_ENDPOINT_MODE", "disabled")
        yield Cloud("aws", region="us-east-1")


@pytest.fixture
def cloud(clients: Cloud) -> Iterator[Cloud]:
    """An empty account, reached as AWS would be."""
    apply(ManualClock())
    with mock_aws(config={"lambda": {"use_docker": False}}):
        yield clients


def write(path: Path, text: str) -> None:
    """Write a file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
