"""Templates that say what nothing would read, or misuse functions, are refused with AWS's words."""

from typing import Any

from tests.cloud.overlay.cloudformation.samples import queue

CONSENT = ["CAPABILITY_AUTO_EXPAND"]
IS = {"Fn::Equals": ["a", "a"]}


def named(value: Any, **sections: Any) -> dict[str, Any]:
    """Return a template whose queue has a value for its name."""
    return {"Resources": {"Queue": queue(QueueName=value)}, **sections}


def conditions(**conditions: Any) -> dict[str, Any]:
    """Return a template with conditions."""
    return named("q", Conditions=conditions)


def rules(assertion: Any, **rule: Any) -> dict[str, Any]:
    """Return a template with a rule for its parameter."""
    asserted = {"Assertions": [{"Assert": assertion, "AssertDescription": "no such P"}], **rule}
    return named("q", Parameters={"P": {"Type": "String", "Default": "c"}}, Rules={"R": asserted})


EXTENDED = {"Transform": "AWS::LanguageExtensions"}
REFUSED: list[tuple[dict[str, Any], str]] = [
    (named({"Ref": ["a"]}), "every Ref object must have a single String value."),
    (named({"Ref": "Other"}), "Unresolved resource dependencies [Other] in the Resources block"),
    (named({"Fn::GetAtt": ["Queue"]}), "every Fn::GetAtt object requires two non-empty parameters"),
    (named({"Fn::GetAtt": "Queue"}), "every Fn::GetAtt object requires two non-empty parameters"),
    (named({"Fn::GetAtt": ["Other", "Arn"]}), "Unresolved resource dependencies [Other]"),
    (named({"Fn::Join": ["a", "b"]}), "every Fn::Join object requires two parameters"),
    (named({"Fn::Join": [["a"]]}), "every Fn::Join object requires two parameters"),
    (named({"Fn::Join": ["", [{"Fn::Split": ["a", "b"]}]]}), "a list of strings to be joined"),
    (named({"Fn::Split": ["", "b"]}), "every Fn::Split object requires two parameters"),
    (named({"Fn::Select": ["1"]}), "Fn::Select requires a list argument with two elements"),
    (named({"Fn::Select": ["-1", ["a"]]}), "Fn::Select cannot select nonexistent value at index -1"),
    (named({"Fn::Select": ["x", ["a"]]}), "Fn::Select cannot select nonexistent value at index x"),
    (named({"Fn::Sub": ["a"]}), "One or more Fn::Sub intrinsic functions don't specify expected arguments"),
    (named({"Fn::Sub": "${}"}), "variable names in Fn::Sub syntax must contain only alphanumeric"),
    (named({"Fn::Sub": "${a-b*}"}), "variable names in Fn::Sub syntax must contain only alphanumeric"),
    (named({"Fn::Sub": "${Other}"}), "Unresolved resource dependencies [Other]"),
    (named({"Fn::Sub": ["${a}", {"a": {"Fn::GetAZs": ""}}]}), "variable a in Fn::Sub expression does not"),
    (named({"Fn::FindInMap": ["a", "b"]}), "every Fn::FindInMap object requires three parameters"),
    (named({"Fn::FindInMap": ["Map", "b", "c"]}), "Mapping named 'Map' is not present in the 'Mappings'"),
    (
        named({"Fn::FindInMap": ["Map", "b", "d"]}, Mappings={"Map": {"b": {"c": "d"}}}),
        "Unable to get mapping for Map::b::d",
    ),
    (
        named(
            {"Fn::FindInMap": ["Map", "b", "d", {"DefaultValue": "e"}]}, Mappings={"Map": {"b": {"c": "d"}}}
        ),
        "DefaultValue in Fn::FindInMap needs the transform AWS::LanguageExtensions",
    ),
    (named({"Fn::If": []}), "Fn::If requires a list argument with three elements"),
    (named({"Fn::If": ["Is", "a", "b"]}), "Unresolved condition dependency Is in the template"),
    (named({"Fn::Base64": ["a"]}), "every Fn::Base64 object must have a String-typed value."),
    (named({"Fn::Cidr": ["10.0.0.0/24"]}), "every Fn::Cidr object requires two or three parameters"),
    (named({"Fn::Select": [0, {"Fn::Cidr": ["x", 1, 8]}]}), "Fn::Cidr cannot divide x"),
    (named({"Fn::Select": [0, {"Fn::Cidr": ["10.0.0.0/24", 9, 7]}]}), "Fn::Cidr cannot make 9 blocks"),
    (named({"Fn::ImportValue": "none"}), "No export named none found"),
    (named({"Fn::Length": ["a"]}), "Fn::Length needs the transform AWS::LanguageExtensions"),
    (named({"Fn::ToJsonString": ["a"]}), "Fn::ToJsonString needs the transform AWS::LanguageExtensions"),
    (named({"Fn::Length": 1}, **EXTENDED), "Fn::Length requires a list"),
    (named({"Fn::Joyn": ["", ["a"]]}), "Encountered unsupported function: Fn::Joyn Supported functions are"),
    (named({"Fn::Sub": "a", "More": 1}), "Fn::Sub must be the only member of its object"),
    (named({"Fn::Equals": ["a", "b"]}), "Cannot use Fn::Equals in Resources and Outputs."),
    (conditions(Is="yes"), "[/Conditions/Is] Every Condition member must be a boolean function."),
    (conditions(Is={"Fn::And": [IS]}), "every Fn::And object requires a list of at least 2 and at most 10"),
    (
        conditions(Is={"Fn::Or": [IS] * 11}),
        "every Fn::Or object requires a list of at least 2 and at most 10",
    ),
    (conditions(Is={"Fn::Not": IS}), "every Fn::Not object requires a list of 1 boolean parameter."),
    (conditions(Is={"Fn::Equals": ["a"]}), "every Fn::Equals object requires a list of 2"),
    (conditions(Is={"Fn::Not": ["a"]}), "every Fn::Not object requires a list of 1 boolean parameter."),
    (
        conditions(Is={"Fn::Not": [{"Condition": "No"}]}),
        "Unresolved condition dependency No in the Conditions",
    ),
    (
        conditions(Is={"Fn::Equals": [{"Ref": "Queue"}, "a"]}),
        "Unresolved dependencies [Queue]. Cannot reference",
    ),
    (
        conditions(Is={"Fn::Equals": [{"Fn::ImportValue": "a"}, "a"]}),
        "Cannot use Fn::ImportValue in Conditions.",
    ),
    (
        conditions(A={"Fn::Not": [{"Condition": "B"}]}, B={"Fn::Not": [{"Condition": "A"}]}),
        "Found circular condition dependency between A and B",
    ),
    (named("q", Outputs={"Out": {"Value": {"Fn::GetAZs": ""}}}), "must evaluate to a String."),
    (named("q", Outputs={"Out": {"Value": {"Ref": "Other"}}}), "Unresolved resource dependencies [Other]"),
    (named("q", Outputs={"Out": {}}), "[/Outputs/Out] Every Outputs object must contain a Value member."),
    (named("q", Outputs={"Out": {"Value": "v", "Exports": 1}}), "Invalid template output property 'Exports'"),
    (named("q", Resource={}), "Invalid template property or properties [Resource]"),
    (named("q", Rules={"R": {}}), "[/Rules/R] Every Rules object must contain an Assertions member."),
    (
        rules({"Fn::ValueOf": ["P", "Tags.Name"]}),
        "[/Rules/R] Every Assert and RuleCondition must be a boolean",
    ),
    (
        rules({"Fn::Equals": [{"Fn::ValueOf": ["P", "T"]}, "a"]}),
        "the offline cloud does not offer Fn::ValueOf",
    ),
    (rules({"Fn::Equals": [{"Ref": "Queue"}, "a"]}), "Cannot reference resources in the Rules block"),
    (rules({"Fn::Contains": ["a"]}), "every Fn::Contains object requires a list and a second parameter"),
    (rules({"Fn::Equals": [{"Fn::Sub": "a"}, "a"]}), "Cannot use Fn::Sub in Rules."),
    (named("q", Hooks={}), "The offline cloud does not offer the section Hooks of templates"),
    (named("q", Outputs={"Out": {"Value": "v", "Export": "e"}}), "Output Out is malformed."),
    (named("q", Mappings={"M": {"a": "b"}}), "[/Mappings/M] Every Mappings member must be a map of maps."),
    (named("q", Transform=True), "does not offer the transform True"),
    ({"Q": {"Type": ["AWS::SQS::Queue"]}}, "[/Resources/Q] Every Resources object must contain a Type"),
    (named("q", Outputs=None), "[/Outputs] 'null' values are not allowed in templates"),
    (named("q", Parameters={"P": {}}), "[/Parameters/P] Every Parameters object must contain a Type member."),
    (named(None), "[/Resources/Queue/Properties/QueueName] 'null' values are not allowed in templates"),
    ({"Q": {**queue(), "Propertys": {}}}, "Invalid template resource property 'Propertys'"),
    ({"Q": {**queue(), "Version": "1.0"}}, "Invalid template resource property 'Version'"),
    ({"Q": {**queue(), "DeletionPolicy": "Keep"}}, "Unrecognized DeletionPolicy Keep for resource Q"),
    ({"Q": {**queue(), "DeletionPolicy": {"Ref": "P"}}}, "Every DeletionPolicy member must be a string."),
    ({"Q": {**queue(), "UpdateReplacePolicy": "RetainExceptOnCreate"}}, "Unrecognized UpdateReplacePolicy"),
    (
        {
            **EXTENDED,
            "Parameters": {"P": {"Type": "String", "Default": "Keep"}},
            "Resources": {"Q": {**queue(), "DeletionPolicy": {"Ref": "P"}}},
        },
        "Unrecognized DeletionPolicy Keep for resource Q",
    ),
    (named("q", AWSTemplateFormatVersion="2010"), "unsupported value for AWSTemplateFormatVersion."),
    (named("q", Description="d" * 1025), "'Description' length is greater than 1024."),
    ({"Q-1": queue()}, "Resource name Q-1 is non alphanumeric."),
    (named("q", Outputs={"a_b": {"Value": "v"}}), "Output name a_b is non alphanumeric."),
    (
        {f"Q{number}": queue() for number in range(501)},
        "Number of resources, 501, is greater than maximum allowed, 500",
    ),
    (
        named("q", Outputs={f"O{number}": {"Value": "v"} for number in range(201)}),
        "Number of outputs, 201, is greater than maximum allowed, 200",
    ),
    (named("{{resolve:ssm:/p:9}}"), "Parameters: [ssm:/p:9] cannot be found."),
    ({"Q": {**queue(), "DependsOn": {"a": 1}}}, "DependsOn must be a string or list of strings."),
    (
        {**EXTENDED, "Resources": {"Fn::ForEach::Queues": ["Name", ["a"], {"Q${Name}": queue()}]}},
        "the offline cloud does not offer Fn::ForEach::Queues",
    ),
]


def test_what_is_malformed_is_refused(aws: Any) -> None:
    """The refusal has AWS's words, at once or as the reason of the resource; Python's are nowhere in it."""
    aws.client("ssm").put_parameter(Name="/p", Value="v", Type="String")
    for index, (template, words) in enumerate(REFUSED):
        name = f"stack{index}"
        try:
            stack = aws.create(template, name, Capabilities=CONSENT)
            assert stack["StackStatus"] == "ROLLBACK_COMPLETE", words
            events = aws.cloudformation.describe_stack_events(StackName=stack["StackId"])["StackEvents"]
            text = " ".join(event.get("ResourceStatusReason", "") for event in events)
        except aws.cloudformation.exceptions.ClientError as error:
            text = error.response["Error"]["Message"]
        assert words in text, (words, text)
        assert "Error(" not in text


RIGHT: dict[str, tuple[Any, str]] = {
    "Literal": ({"Fn::Sub": "${!Literal} ${ Word }"}, "${Literal} word"),
    "Default": ({"Fn::FindInMap": ["Map", "b", {"Ref": "Word"}, {"DefaultValue": "e"}]}, "e"),
    "Number": ({"Fn::FindInMap": ["Map", "b", "c"]}, "3"),
    "Length": ({"Fn::Length": {"Fn::Split": [",", "a,b,c"]}}, "3"),
    "Select": ({"Fn::Select": [{"Fn::FindInMap": ["Map", "b", "one"]}, ["a", "b"]]}, "b"),
    "Cidr": (
        {"Fn::Join": [" ", {"Fn::Cidr": ["192.168.0.0/24", "3", "5"]}]},
        "192.168.0.0/27 192.168.0.32/27 192.168.0.64/27",
    ),
    "Zone": ({"Fn::Select": ["0", {"Fn::GetAZs": {"Ref": "AWS::Region"}}]}, "us-east-1a"),
    "Topics": ({"Fn::Join": [",", {"Ref": "AWS::NotificationARNs"}]}, ""),
    "True": ({"Fn::If": ["IsThree", True, "no"]}, "true"),
    "Attribute": ({"Fn::GetAtt": ["Queue", {"Ref": "Attribute"}]}, "q"),
}


def test_policies_may_be_computed_in_the_language_extensions(aws: Any) -> None:
    """A deletion policy that a parameter gives is followed."""
    kept = {**queue(QueueName="kept"), "DeletionPolicy": {"Ref": "P"}}
    template = {**EXTENDED, "Parameters": {"P": {"Type": "String"}}, "Resources": {"Q": kept}}
    aws.create(template, parameters={"P": "Retain"}, Capabilities=CONSENT)

    aws.cloudformation.delete_stack(StackName="stack")

    assert len(aws.client("sqs").list_queues()["QueueUrls"]) == 1


def test_functions_take_what_aws_lets_them_take(aws: Any) -> None:
    """Functions inside functions, numbers, literals and the language extensions give AWS's values."""
    template = {
        **EXTENDED,
        "Parameters": {
            "Word": {"Type": "String", "Default": "word"},
            "Attribute": {"Type": "String", "Default": "QueueName"},
        },
        "Mappings": {"Map": {"b": {"c": 3, "one": 1}}},
        "Conditions": {"IsThree": {"Fn::Equals": [{"Fn::FindInMap": ["Map", "b", "c"]}, "3"]}},
        "Resources": {"Queue": queue(QueueName="q")},
        "Outputs": {name: {"Value": value} for name, (value, _) in RIGHT.items()},
    }

    aws.create(template, Capabilities=CONSENT)

    assert aws.outputs() == {name: text for name, (_, text) in RIGHT.items()}
