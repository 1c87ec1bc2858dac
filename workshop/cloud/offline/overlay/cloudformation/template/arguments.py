"""What intrinsic functions want: the forms of their arguments, and where a template may use them.

Support for the validation of templates; corrects nothing. The messages are AWS's
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html).
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from workshop.cloud.offline.overlay.cloudformation.references import PLACEHOLDER

__all__ = [
    "IN_CONDITIONS",
    "IN_RESOURCES",
    "IN_RULES",
    "LANGUAGE_EXTENSIONS",
    "is_condition",
    "misused_functions",
]

LANGUAGE_EXTENSIONS = "AWS::LanguageExtensions"
VARIABLE = re.compile(r"[\w.:-]+")


def _is_call(value: Any) -> bool:
    return isinstance(value, dict) and len(value) == 1


def _is_list_of(sizes: Collection[int], *checks: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """Return what tells whether a value is a list of one of these sizes whose elements pass the checks."""

    def check(value: Any) -> bool:
        return (
            isinstance(value, list)
            and len(value) in sizes
            and all(passes(element) for passes, element in zip(checks, value, strict=False))
        )

    return check


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _is_delimiter(value: Any) -> bool:
    # An empty one joins texts with nothing in between.
    return isinstance(value, str)


def _is_text_or_call(value: Any) -> bool:
    return isinstance(value, (str, int)) or _is_call(value)


def _is_list_or_call(value: Any) -> bool:
    return isinstance(value, list) or _is_call(value)


def _is_get_att(value: Any) -> bool:
    parts = value.split(".", 1) if isinstance(value, str) else value
    return _is_list_of((2,), _is_text, lambda name: _is_text(name) or _is_call(name))(parts)


def _is_sub(value: Any) -> bool:
    return isinstance(value, str) or _is_list_of((2,), _is_delimiter, lambda given: isinstance(given, dict))(
        value
    )


def _is_find_in_map(value: Any) -> bool:
    names = (_is_text_or_call,) * 3
    return _is_list_of((3, 4), *names, lambda more: _is_call(more) and "DefaultValue" in more)(value)


def is_condition(value: Any) -> bool:
    """Return whether a value is a boolean function."""
    return _is_call(value) and next(iter(value)) in {"Condition", *CONDITION_FUNCTIONS, *RULE_FUNCTIONS}


def _are_conditions(sizes: Collection[int]) -> Callable[[Any], bool]:
    return lambda value: _is_list_of(sizes)(value) and all(map(is_condition, value))


CONDITION_FUNCTIONS = ("Fn::And", "Fn::Equals", "Fn::Not", "Fn::Or")
RULE_FUNCTIONS = ("Fn::Contains", "Fn::EachMemberEquals", "Fn::EachMemberIn")
UP_TO_TEN = range(2, 11)
# Name of the function: whether its argument has the right form, and what AWS says if not.
ARGUMENTS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "Fn::And": (
        _are_conditions(UP_TO_TEN),
        "every Fn::And object requires a list of at least 2 and at most 10 boolean parameters.",
    ),
    "Fn::Base64": (_is_text_or_call, "every Fn::Base64 object must have a String-typed value."),
    "Fn::Cidr": (
        _is_list_of((2, 3), _is_text_or_call, _is_text_or_call, _is_text_or_call),
        "every Fn::Cidr object requires two or three parameters: ipBlock, count and cidrBits",
    ),
    "Fn::Equals": (_is_list_of((2,)), "every Fn::Equals object requires a list of 2 string parameters."),
    "Fn::FindInMap": (
        _is_find_in_map,
        (
            "every Fn::FindInMap object requires three parameters, the map name, map key and the "
            "attribute for return value"
        ),
    ),
    "Fn::GetAZs": (_is_text_or_call, "every Fn::GetAZs object must have a String-typed value."),
    "Fn::GetAtt": (
        _is_get_att,
        (
            "every Fn::GetAtt object requires two non-empty parameters, "
            "the resource name and the resource attribute"
        ),
    ),
    "Fn::If": (
        _is_list_of((3,), _is_text),
        "Fn::If requires a list argument with three elements, of which the first is the name of a condition",
    ),
    "Fn::ImportValue": (
        _is_text_or_call,
        "the attribute in Fn::ImportValue must not depend on any resources.",
    ),
    "Fn::Join": (
        _is_list_of((2,), _is_delimiter, _is_list_or_call),
        (
            "every Fn::Join object requires two parameters, (1) a string delimiter and "
            "(2) a list of strings to be joined or a function that returns a list of strings "
            "(such as Fn::GetAZs) to be joined."
        ),
    ),
    "Fn::Length": (_is_list_or_call, "Fn::Length requires a list"),
    "Fn::Not": (_are_conditions((1,)), "every Fn::Not object requires a list of 1 boolean parameter."),
    "Fn::Or": (
        _are_conditions(UP_TO_TEN),
        "every Fn::Or object requires a list of at least 2 and at most 10 boolean parameters.",
    ),
    "Fn::Select": (
        _is_list_of((2,), _is_text_or_call, _is_list_or_call),
        "Fn::Select requires a list argument with two elements: an integer index and a list",
    ),
    "Fn::Split": (
        _is_list_of((2,), _is_text, lambda text: isinstance(text, str) or _is_call(text)),
        (
            "every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string "
            "to be split or a function that returns a string to be split."
        ),
    ),
    "Fn::Sub": (
        _is_sub,
        (
            "One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a "
            "string as first argument, and an optional second argument to specify a mapping of values"
            " to replace in the string"
        ),
    ),
    "Fn::ToJsonString": (
        lambda value: isinstance(value, (dict, list)),
        "Fn::ToJsonString requires an object or a list",
    ),
    **{
        name: (
            _is_list_of((2,), _is_list_or_call),
            f"every {name} object requires a list and a second parameter",
        )
        for name in RULE_FUNCTIONS
    },
    "Ref": (_is_text, "every Ref object must have a single String value."),
}
NOT_OFFERED = {"Fn::RefAll", "Fn::ValueOf", "Fn::ValueOfAll"}
# Functions that only the language extensions know.
EXTENDED = {"Fn::Length", "Fn::ToJsonString"}
IN_CONDITIONS = frozenset(
    (*CONDITION_FUNCTIONS, "Fn::FindInMap", "Fn::Join", "Fn::Select", "Fn::Split", "Fn::Sub", "Ref")
)
IN_RESOURCES = frozenset(ARGUMENTS) - {*CONDITION_FUNCTIONS, *RULE_FUNCTIONS}
IN_RULES = frozenset((*CONDITION_FUNCTIONS, *RULE_FUNCTIONS, "Ref"))
PLACES = {IN_CONDITIONS: "Conditions", IN_RESOURCES: "Resources and Outputs", IN_RULES: "Rules"}


def misused_functions(value: Any, allowed: frozenset[str], *, is_extended: bool) -> Iterator[str]:
    """Yield what is wrong with the intrinsic functions inside a value, of which some are allowed there."""
    if isinstance(value, dict):
        for name in [name for name in value if name == "Ref" or str(name).startswith("Fn::")]:
            if len(value) > 1:
                yield f"Template error: {name} must be the only member of its object"
            elif (problem := _problem_of_call(name, value[name], allowed, is_extended)) is not None:
                yield problem
                return  # what is inside of a malformed call makes no sense on its own
    for member in value if isinstance(value, list) else value.values() if isinstance(value, dict) else ():
        yield from misused_functions(member, allowed, is_extended=is_extended)


def _problem_of_call(name: str, argument: Any, allowed: frozenset[str], is_extended: bool) -> str | None:
    if name in NOT_OFFERED:
        return f"Template error: the offline cloud does not offer {name}"
    if name not in ARGUMENTS:
        names = ", ".join(sorted(ARGUMENTS.keys() - {"Ref"}))
        return f"Template error: Encountered unsupported function: {name} Supported functions are: [{names}]"
    if name not in allowed:
        return f"Template error: Cannot use {name} in {PLACES[allowed]}."
    has_default = name == "Fn::FindInMap" and isinstance(argument, list) and len(argument) == 4
    if (name in EXTENDED or has_default) and not is_extended:
        what = "DefaultValue in Fn::FindInMap" if has_default else name
        return f"Template error: {what} needs the transform {LANGUAGE_EXTENSIONS}"
    is_right, message = ARGUMENTS[name]
    if not is_right(argument):
        return f"Template error: {message}"
    return _problem_of_names(argument) if name == "Fn::Sub" else None


def _problem_of_names(argument: Any) -> str | None:
    text = argument if isinstance(argument, str) else argument[0]
    if all(VARIABLE.fullmatch(name.strip()) for name in PLACEHOLDER.findall(text)) and "${}" not in text:
        return None
    return (
        "Template error: variable names in Fn::Sub syntax must contain only alphanumeric characters, "
        "underscores, periods, and colons"
    )
