"""What published linters say about the templates."""

import json
import shutil
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

from tests.cloudformation.conftest import FOLDER, PIPELINES, read

CFN_LINT = shutil.which("cfn-lint", path=str(Path(sys.executable).parent)) or "cfn-lint"
CHECKOV = shutil.which("checkov")
TEMPLATES = pytest.mark.parametrize("name", [*PIPELINES, "game", "end", "access", "environment"])
# parliament takes an ARN apart at its colons, so the label of a table's stream is written without any.
SAMPLE_ARNS = {
    "IncomingDataStream": "arn:aws:kinesis:us-east-1:123456789012:stream/sample",
    "FailureQueue": "arn:aws:sqs:us-east-1:123456789012:sample",
    "GeneratorLambda": "arn:aws:lambda:us-east-1:123456789012:function:sample",
}
# What parliament finds and we want, and why.
ACCEPTED = {
    ("LearnerPolicy", "RESOURCE_MISMATCH"): "every right on what is the learner's own: whole services",
    ("Boundary", "RESOURCE_STAR"): "alarms are looked at like lists",
    ("EndRole", "RESOURCE_STAR"): "alarms are looked at like lists",
    ("LearnerPolicy", "RESOURCE_STAR"): "alarms and mappings are looked at like lists",
    ("InstructorPolicy", "RESOURCE_STAR"): "and so are change sets, which tell whose a stack is",
}


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.yaml")))
def test_cfn_lint_reports_nothing(name: str) -> None:
    """Errors, warnings and informational rules of cfn-lint find nothing, and none is switched off."""
    path = FOLDER / f"{name}.yaml"

    run = subprocess.run([CFN_LINT, "-c", "I", "--", str(path)], capture_output=True, text=True, check=False)

    assert (run.returncode, run.stdout) == (0, "")
    assert "cfn-lint" not in path.read_text()


@pytest.mark.skipif(CHECKOV is None, reason="`make test-long` installs checkov, in an environment of its own")
def test_checkov_finds_nothing_but_what_is_left_out_with_a_reason() -> None:
    """With the list of checks that are left out, checkov passes every template."""
    run = subprocess.run([str(CHECKOV)], cwd=FOLDER.parent, capture_output=True, text=True, check=False)

    assert (run.returncode, run.stderr) == (0, "")


@TEMPLATES
def test_policies_grant_what_they_say(name: str) -> None:
    """Every action of every policy exists and fits its resource."""
    template = read(name)
    policies = policies_of(template)
    kinds = {"AWS::IAM::Role", "AWS::IAM::ManagedPolicy"}

    findings = [
        (name, str(finding))
        for name, policy in policies
        for finding in findings_in(resolved(policy))
        if (name, finding.issue) not in ACCEPTED
    ]

    assert (
        {name for name, _ in policies}
        >= {name for name, resource in template["Resources"].items() if resource["Type"] in kinds}
        != set()
    )
    assert findings == []


def test_parliament_finds_a_bad_action() -> None:
    """The check above would see an action that does not exist."""
    policy = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "dynamodb:TransactWriteItems", "Resource": "*"}],
    }

    assert findings_in(policy)


def findings_in(policy: Any) -> list[Any]:
    """Return what parliament says; loaded only here, since it takes a second in each worker that collects."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks for its own data with an old interface of setuptools
        from parliament import analyze_policy_string

    return list(analyze_policy_string(json.dumps(policy)).findings)


def policies_of(template: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return every permission policy with the logical id of its resource."""
    found = []
    for name, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        found += [(name, inline["PolicyDocument"]) for inline in properties.get("Policies", [])]
        if "PolicyDocument" in properties:
            found.append((name, properties["PolicyDocument"]))
    return found


def resolved(value: Any) -> Any:
    """Return a policy with sample ARNs in place of intrinsic functions, and whatever a condition adds."""
    if isinstance(value, list):
        return [resolved(element) for element in value]
    if not isinstance(value, dict):
        return value
    if "Fn::If" in value:
        return resolved(value["Fn::If"][1])
    return _sample(value) or {key: resolved(inner) for key, inner in value.items()}


def _sample(value: dict[str, Any]) -> str | None:
    """Return what stands for an intrinsic function; None for any other mapping."""
    if "Fn::GetAtt" in value:
        name, attribute = value["Fn::GetAtt"]
        arn = SAMPLE_ARNS.get(name, f"arn:aws:dynamodb:us-east-1:123456789012:table/{name}")
        return f"{arn}/stream/label" if attribute == "StreamArn" else arn
    if "Fn::Sub" in value:
        pseudo = {
            "AWS::Partition": "aws",
            "AWS::Region": "us-east-1",
            "AWS::AccountId": "123456789012",
            "AWS::StackName": "sample",
        }
        text = value["Fn::Sub"]
        for name, sample in pseudo.items():
            text = text.replace(f"${{{name}}}", sample)
        return text.replace("${", "").replace("}", "")
    return f"arn:aws:iam::123456789012:policy/{value['Ref']}" if "Ref" in value else None
