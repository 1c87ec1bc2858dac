"""Templates written for the Serverless Application Model become plain templates, as on AWS.

Support for the operations on stacks; corrects nothing. AWS runs `AWS::Serverless-2016-10-31` with the same
library (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/transform-aws-serverless.html). Other
transforms, and what SAM makes of services that are not offered here, are refused by name.
"""

import copy
import json
from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any

from moto.cloudformation.exceptions import ValidationError

from workshop.cloud.offline.overlay.cloudformation.parameters import effective_parameters
from workshop.cloud.offline.overlay.cloudformation.template.arguments import LANGUAGE_EXTENSIONS
from workshop.cloud.offline.overlay.cloudformation.yaml import read_template

__all__ = ["processed", "processed_template", "transforms_of"]

SAM = "AWS::Serverless-2016-10-31"
OFFERED = frozenset(
    f"AWS::Serverless::{name}"
    for name in ("Application", "Connector", "Function", "LayerVersion", "SimpleTable")
)
APPLICATION = "AWS::Serverless::Application"
OFFERED_EVENTS = frozenset(
    (
        "CloudWatchEvent",
        "CloudWatchLogs",
        "DynamoDB",
        "EventBridgeRule",
        "Kinesis",
        "S3",
        "SNS",
        "SQS",
        "Schedule",
        "ScheduleV2",
    )
)


def processed_template(text: str, given: Mapping[str, str], region_name: str) -> dict[str, Any]:
    """Return the template that a text stands for, its transform expanded with the values of parameters.

    Raises:
        ValidationError: the text is no template, or a transform or what it is asked for is not offered.
    """
    return processed(read_template(text), given, region_name)


def processed(template: dict[str, Any], given: Mapping[str, str], region_name: str) -> dict[str, Any]:
    """Return a template with its transform expanded; the given one stays as it is.

    Raises:
        ValidationError: a transform or what it is asked for is not offered, or a parameter is refused.
    """
    names = transforms_of(template)
    if foreign := [name for name in names if name not in (SAM, LANGUAGE_EXTENSIONS)]:
        raise ValidationError(message=f"The offline cloud does not offer the transform {', '.join(foreign)}")
    if SAM not in names:
        return template  # the functions of the language extensions are resolved like the others
    if refused := sorted(set(_not_offered(template))):
        raise ValidationError(
            message=f"Transform {SAM} failed with: the offline cloud does not offer {', '.join(refused)}"
        )
    expanded = _expanded(template, effective_parameters(template, given), region_name)
    return {**expanded, "Transform": LANGUAGE_EXTENSIONS} if LANGUAGE_EXTENSIONS in names else expanded


def transforms_of(template: Mapping[str, Any]) -> list[str]:
    """Return the names of all transforms and macros that a template asks for, in reading order."""
    declared = template.get("Transform") or []
    everywhere = declared if isinstance(declared, list) else [declared]
    names = [str(one.get("Name", one) if isinstance(one, dict) else one) for one in everywhere]
    return list(dict.fromkeys([*names, *_macros(template)]))


def _macros(value: Any) -> Iterator[str]:
    for element in value if isinstance(value, list) else value.values() if isinstance(value, dict) else ():
        yield from _macros(element)
    if isinstance(value, dict) and "Fn::Transform" in value:
        call = value["Fn::Transform"]
        yield str(call.get("Name") if isinstance(call, dict) else call)


def _not_offered(template: Mapping[str, Any]) -> Iterator[str]:
    resources = template.get("Resources")
    for resource in resources.values() if isinstance(resources, dict) else ():
        kind = str(resource.get("Type", "")) if isinstance(resource, dict) else ""
        if kind.startswith("AWS::Serverless::") and kind not in OFFERED:
            yield kind
        if kind == APPLICATION and isinstance((resource.get("Properties") or {}).get("Location"), dict):
            yield "applications of the Serverless Application Repository"
        events = (resource.get("Properties") or {}).get("Events") if kind in OFFERED else None
        for event in events.values() if isinstance(events, dict) else ():
            if isinstance(event, dict) and event.get("Type") not in OFFERED_EVENTS:
                yield f"events of type {event.get('Type')}"


def _expanded(template: dict[str, Any], values: Mapping[str, str], region_name: str) -> dict[str, Any]:
    # The library takes seconds to load, and only these templates need it.
    from samtranslator.model.exceptions import InvalidDocumentException  # noqa: PLC0415
    from samtranslator.parser.parser import Parser  # noqa: PLC0415
    from samtranslator.translator.translator import Translator  # noqa: PLC0415
    from samtranslator.utils.py27hash_fix import (  # noqa: PLC0415
        to_py27_compatible_template,
        undo_mark_unicode_str_in_template,
    )

    source, parameters = copy.deepcopy(template), dict(values)
    # It asks a session for nothing but the region, and would read the machine's own configuration otherwise.
    translator = Translator(None, Parser(), boto_session=SimpleNamespace(region_name=region_name))
    to_py27_compatible_template(source, parameters)
    try:
        expanded = translator.translate(source, parameters, get_managed_policy_map=_managed_policies)
    except InvalidDocumentException as error:
        causes = " ".join(cause.message for cause in error.causes)
        raise ValidationError(message=f"Transform {SAM} failed with: {error.message} {causes}") from error
    finally:
        translator.metrics.publish()  # to nowhere; it complains of what stays unpublished
    # Its own kinds of text and dict must not reach a stack, which is kept.
    plain: dict[str, Any] = json.loads(json.dumps(undo_mark_unicode_str_in_template(expanded)))
    plain.pop("Transform", None)
    return plain


def _managed_policies() -> dict[str, str]:
    from moto.iam.aws_managed_policies import aws_managed_policies_data  # noqa: PLC0415

    return {name: policy["Arn"] for name, policy in json.loads(aws_managed_policies_data).items()}
