"""docs/offline-cloud.md says what the offline cloud offers: its lists are those of the code."""

import ast
import importlib.util
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest
from botocore import xform_name
from botocore.loaders import Loader

from tests.documents.reading import ROOT
from workshop.cloud.offline.overlay.cloudformation.catalogue.properties import (
    effects,
    schema,
    types_with_schema,
)

DOCUMENT = ROOT / "docs" / "offline-cloud.md"
OVERLAY = ROOT / "workshop" / "cloud" / "offline" / "overlay"
# Botocore's name → the heading in the document, and moto's package.
SERVICES = {
    "kinesis": ("Kinesis", "kinesis"),
    "dynamodb": ("DynamoDB", "dynamodb"),
    "dynamodbstreams": ("DynamoDB Streams", "dynamodbstreams"),
    "lambda": ("Lambda", "awslambda"),
    "sqs": ("SQS", "sqs"),
    "sns": ("SNS", "sns"),
    "logs": ("CloudWatch Logs", "logs"),
    "cloudwatch": ("CloudWatch", "cloudwatch"),
    "events": ("EventBridge", "events"),
    "scheduler": ("EventBridge Scheduler", "scheduler"),
    "sts": ("STS", "sts"),
    "cloudformation": ("CloudFormation", "cloudformation"),
}


# What answers only to refuse.
REFUSED = {"create_archive", "create_function_url_config", "update_function_url_config"}


def offered(service: str) -> list[str]:
    """Return the operations of a service that somebody implements: moto, or a correction of it."""
    spec = importlib.util.find_spec("moto")
    assert spec is not None
    assert spec.origin is not None
    responses = Path(spec.origin).parent / SERVICES[service][1] / "responses.py"
    tree = ast.parse(responses.read_text(encoding="utf-8"))
    methods = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    for path in OVERLAY.rglob("*.py"):
        if path.parent.name == SERVICES[service][1]:
            methods |= set(re.findall(r'@corrects\(\w+, "(\w+)"', path.read_text(encoding="utf-8")))
    operations = Loader().load_service_model(service, "service-2")["operations"]
    return sorted(name for name in operations if xform_name(name) in methods - REFUSED)


@pytest.mark.parametrize("service", SERVICES)
def test_the_document_lists_what_is_offered(service: str) -> None:
    """The operations of each service in the document are those that the code has, no more and no fewer."""
    row = f"| {SERVICES[service][0]} | {', '.join(offered(service))} |"

    assert row in DOCUMENT.read_text(encoding="utf-8").splitlines()


def properties_of(resource_type: str) -> str:
    """Return the document's row of a resource type."""
    known, shape = effects()[resource_type], schema(resource_type)
    assert shape is not None
    works, refused = known.get("works", []), known.get("refused", {})
    idle = [name for name in shape["properties"] if name not in works and name not in refused]
    cells = (sorted(works), sorted([*idle, *known.get("idle", ())]), sorted(refused))
    return f"| {resource_type} | {' | '.join(', '.join(names) for names in cells)} |"


def test_the_document_lists_the_properties_of_resource_types() -> None:
    """Each type has a row with what is applied, warned of and refused; the other types are listed by name."""
    lines = DOCUMENT.read_text(encoding="utf-8").splitlines()
    others = sorted(types_with_schema() - effects().keys())

    assert [line for line in lines if line.startswith("| AWS::")] == [*map(properties_of, sorted(effects()))]
    assert f"{', '.join(others)}." in lines


def test_the_example_of_embedding_works_without_the_repository(tmp_path: Path) -> None:
    """The document's example is a project with tests that pass where only the package is installed."""
    entry = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["entry-points"]
    metadata = tmp_path / "site" / "trade_risk_workshop-0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Name: trade-risk-workshop\nVersion: 0\n", encoding="utf-8")
    lines = [f"{name} = {module}" for name, module in entry["pytest11"].items()]
    (metadata / "entry_points.txt").write_text("\n".join(["[pytest11]", *lines]), encoding="utf-8")
    copytree(ROOT / "workshop", tmp_path / "site" / "workshop", ignore=ignore_patterns("__pycache__"))
    project = tmp_path / "project"
    project.mkdir()
    text = DOCUMENT.read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n# (\w+\.py)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    for name, content in blocks:
        (project / name).write_text(content, encoding="utf-8")

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(project)],
        cwd=project,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "PYTHONPATH": str(tmp_path / "site")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert [name for name, _ in blocks] == ["test_orders.py"]
    assert "3 passed" in done.stdout, done.stdout + done.stderr
