"""What the target of a rule receives: the event, a part of it, a constant, or a template filled in.

Sources: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html and
https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_InputTransformer.html. Pure.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

__all__ = ["VARIABLE", "filled", "rule_input"]

STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+|\*)\]|\['([^']+)'\]")
# A variable, with a quotation mark on either side if it stands alone in a text.
VARIABLE = re.compile(r"<([A-Za-z0-9_.-]+)>")
ABSENT = object()


def rule_input(target: Mapping[str, Any], event: Mapping[str, Any], *, rule_arn: str, ingested: str) -> str:
    """Return what a target's settings make of an event, as text; `ingested` is when the bus received it."""
    if target.get("Input"):
        return str(target["Input"])
    if transformer := target.get("InputTransformer"):
        paths = transformer.get("InputPathsMap") or {}
        values = {name: _at(event, path) for name, path in paths.items()}
        predefined = {
            "aws.events.rule-arn": rule_arn,
            "aws.events.rule-name": rule_arn.rpartition("/")[2],
            "aws.events.event.ingestion-time": ingested,
            "aws.events.event": dict(event),
            "aws.events.event.json": dict(event),
        }
        return filled(str(transformer["InputTemplate"]), {**predefined, **values})
    if path := target.get("InputPath"):
        found = _at(event, str(path))
        return _compact({} if found is ABSENT else found)
    return _compact(event)


def filled(template: str, values: Mapping[str, Any]) -> str:
    """Return the template with its variables replaced.

    Inside a JSON string a value is text, elsewhere JSON; one that the event does not have leaves nothing.
    """
    parts, end, is_in_string = [], 0, False
    is_json = template.lstrip()[:1] in {'"', "{", "["}
    for found in VARIABLE.finditer(template):
        before = template[end : found.start()]
        is_in_string ^= len(re.findall(r'(?<!\\)"', before)) % 2 == 1
        parts.append(before)
        end = found.end()
        if found[1] not in values:
            parts.append(found[0])
            continue
        value = values[found[1]]
        if value is ABSENT:
            value = ""
        parts.append(_inside_text(value) if is_in_string or not is_json else _compact(value))
    return "".join([*parts, template[end:]])


def _inside_text(value: Any) -> str:
    # Quotation marks of the value would end the string that it stands in.
    return json.dumps(value)[1:-1] if isinstance(value, str) else _compact(value).replace('"', '\\"')


def _at(event: Any, path: str) -> Any:
    """Return the part of an event that a JSON path names, `ABSENT` if there is none."""
    found = [event]
    has_star = False
    for name, index, quoted in STEP.findall(path.removeprefix("$")):
        if index == "*":
            has_star = True
            found = [element for value in found if isinstance(value, list) for element in value]
        else:
            found = [element for value in found for element in _step(value, name or quoted, index)]
    if has_star:
        return found
    return found[0] if found else ABSENT


def _step(value: Any, name: str, index: str) -> list[Any]:
    if index:
        return value[int(index) : int(index) + 1] if isinstance(value, list) else []
    return [value[name]] if isinstance(value, dict) and name in value else []


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
