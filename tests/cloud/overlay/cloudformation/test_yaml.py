"""How templates are read."""

from pathlib import Path
from typing import Any

import pytest
from cfnlint.decode import cfn_yaml

from workshop.cloud.offline.overlay.cloudformation.yaml import read_template

FOLDER = Path(__file__).parents[4] / "cloudformation"
UNQUOTED_DATE = """
Resources:
  Policy:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Version: 2012-10-17
        Statement: [{Effect: Allow, Action: "sqs:SendMessage", Resource: "*"}]
"""


@pytest.mark.parametrize("pipeline", ["stateless", "stateful"])
def test_our_templates_read_as_a_linter_reads_them(pipeline: str) -> None:
    """The short forms of the pipelines' templates mean what a published reader makes of them."""
    path = FOLDER / f"{pipeline}.yaml"

    assert read_template(path.read_text()) == cfn_yaml.load(str(path))


def test_the_date_of_a_policy_is_text(aws: Any) -> None:
    """A policy's version may stand in a template without quotes."""
    assert aws.create(UNQUOTED_DATE)["StackStatus"] == "CREATE_COMPLETE"


def test_plain_moto_stumbles_over_dates(plain: Any) -> None:
    """In plain moto the same template ends with an exception of Python."""
    with pytest.raises(TypeError, match="not JSON serializable"):
        plain.create(UNQUOTED_DATE)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Resources: {]", "Template format error: YAML not well-formed. (line 1, column 13)"),
        ('{"Resources": ', "Template format error: JSON not well-formed. (line 1, column 15)"),
        ("just words", "Template format error: unsupported structure."),
    ],
)
def test_what_is_no_template_is_refused(aws: Any, text: str, message: str) -> None:
    """Text that cannot be read is refused with the place of the error."""
    refusal = aws.refusal(aws.create, text)

    assert refusal == ("ValidationError", message)


def test_plain_moto_lets_syntax_errors_escape(plain: Any) -> None:
    """In plain moto the same text ends with an exception of Python."""
    with pytest.raises(ValueError, match="Expecting value"):
        plain.create("Resources: [")


def test_short_forms_may_be_nested() -> None:
    """A short form may stand inside another, in flow and in block style."""
    template = read_template(
        "A: !If [Big, !Sub 'x-${B}', !GetAtt Other.Arn.More]\nB:\n  !Join ['-', [!Ref C, d]]"
    )

    assert template == {
        "A": {"Fn::If": ["Big", {"Fn::Sub": "x-${B}"}, {"Fn::GetAtt": ["Other", "Arn.More"]}]},
        "B": {"Fn::Join": ["-", [{"Ref": "C"}, "d"]]},
    }
