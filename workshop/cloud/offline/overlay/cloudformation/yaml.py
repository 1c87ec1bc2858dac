"""Templates are parsed as CloudFormation parses them.

AWS reads `Version: 2012-10-17` as text, takes nested short forms (`!If [A, !Sub …, …]`, `!Condition A`), and
answers malformed YAML with a `ValidationError` that names line and column
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html). moto parses with
PyYAML's full loader, which turns dates into objects that policies cannot contain, and lets the parser's
exceptions escape. Changed: templates of stacks and change sets are parsed by `read_template`.
"""

import json
from typing import Any

import yaml
from moto.cloudformation import models
from moto.cloudformation.exceptions import ValidationError

from workshop.cloud.offline.overlay.correct import corrects

__all__ = ["read_template"]

_TIMESTAMP = "tag:yaml.org,2002:timestamp"
# The C loader reads a template in 20 ms, the Python one takes half a second; PyYAML may be built without C.
_BASE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class TemplateLoader(_BASE):  # type: ignore[misc]  # whichever there is
    """YAML with CloudFormation's short forms, and without dates."""

    yaml_implicit_resolvers = {  # noqa: RUF012  # the base class has a plain attribute
        first: [(tag, pattern) for tag, pattern in resolvers if tag != _TIMESTAMP]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


@corrects(models.Stack, "parse_template", kind=staticmethod)
def read_template(body: str) -> dict[str, Any]:
    """Return a template, short forms written out as `Fn::…`.

    Raises:
        ValidationError: the text is neither a YAML nor a JSON object.
    """
    is_json = body.lstrip().startswith("{")
    try:
        template = json.loads(body) if is_json else TemplateLoader(body).get_single_data()
    except json.JSONDecodeError as error:
        where = f"(line {error.lineno}, column {error.colno})"
        raise ValidationError(message=f"Template format error: JSON not well-formed. {where}") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        raise ValidationError(message=f"Template format error: YAML not well-formed.{where}") from error
    if not isinstance(template, dict):
        raise ValidationError(message="Template format error: unsupported structure.")
    return template


def _short_form(loader: TemplateLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    if isinstance(node, yaml.MappingNode):
        return {name: loader.construct_mapping(node, deep=True)}
    # Split once: the attribute of a nested stack has a point of its own, `Outputs.Name`.
    text = loader.construct_scalar(node)
    return {name: text.split(".", 1) if suffix == "GetAtt" else text}


TemplateLoader.add_multi_constructor("!", _short_form)
