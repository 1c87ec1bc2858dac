"""Event source mappings through the API: what is answered, refused and shown."""

import re

import pytest
from botocore.exceptions import ClientError

from tests.cloud.runtime.world import ACCOUNT, REGION, World, client

FUNCTION_ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:F"


def create(source_arn: str, **settings) -> dict:
    values = {"FunctionName": "F", "StartingPosition": "TRIM_HORIZON", **settings}
    values = {name: value for name, value in values.items() if value is not None}
    return client("lambda").create_event_source_mapping(EventSourceArn=source_arn, **values)


def refusal(source_arn: str, **settings) -> tuple[int, str, str]:
    with pytest.raises(ClientError) as refused:
        create(source_arn, **settings)
    response = refused.value.response
    return (
        response["ResponseMetadata"]["HTTPStatusCode"],
        response["Error"]["Code"],
        response["Error"]["Message"],
    )


def test_creation_fills_the_defaults_in(world: World) -> None:
    """CreateEventSourceMapping answers 202 with a UUID, the state Creating and every default."""
    world.function()
    arn = world.stream()

    answer = create(arn)

    meta = answer.pop("ResponseMetadata")
    uuid = answer.pop("UUID")
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", uuid)
    assert meta["HTTPStatusCode"] == 202
    assert answer.pop("LastModified").timestamp() == world.clock.now()
    assert answer == {
        "BatchSize": 100,
        "BisectBatchOnFunctionError": False,
        "DestinationConfig": {"OnFailure": {}},
        "EventSourceArn": arn,
        "EventSourceMappingArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:event-source-mapping:{uuid}",
        "FunctionArn": FUNCTION_ARN,
        "FunctionResponseTypes": [],
        "LastProcessingResult": "No records processed",
        "MaximumBatchingWindowInSeconds": 0,
        "MaximumRecordAgeInSeconds": -1,
        "MaximumRetryAttempts": -1,
        "ParallelizationFactor": 1,
        "StartingPosition": "TRIM_HORIZON",
        "State": "Creating",
        "StateTransitionReason": "User action",
        "TumblingWindowInSeconds": 0,
    }


def test_states_follow_each_other(world: World) -> None:
    """A mapping goes from Creating to Enabled, over Disabling to Disabled, over Enabling to Enabled."""
    world.function()
    uuid = create(world.stream())["UUID"]
    lambda_ = client("lambda")
    states = [world.mapping(uuid)["State"]]

    world.step()
    states.append(world.mapping(uuid)["State"])
    for enabled in (False, True):
        states.append(lambda_.update_event_source_mapping(UUID=uuid, Enabled=enabled)["State"])
        world.step()
        states.append(world.mapping(uuid)["State"])
    states.append(lambda_.update_event_source_mapping(UUID=uuid, BatchSize=7)["State"])
    world.step()
    states.append(world.mapping(uuid)["State"])
    states.append(lambda_.delete_event_source_mapping(UUID=uuid)["State"])

    assert states == [
        "Creating",
        "Enabled",
        "Disabling",
        "Disabled",
        "Enabling",
        "Enabled",
        "Updating",
        "Enabled",
        "Deleting",
    ]


def test_mapping_can_be_made_disabled(world: World) -> None:
    """A mapping that is created disabled sends nothing until it is enabled."""
    world.function()
    uuid = create(world.stream(), Enabled=False)["UUID"]
    world.put(1)

    world.step()

    assert world.mapping(uuid)["State"] == "Disabled"
    assert world.sent() == []


def test_deleted_mapping_is_gone(world: World) -> None:
    """After its deletion a mapping cannot be read, changed or deleted, and sends nothing."""
    world.function()
    uuid = create(world.stream())["UUID"]
    client("lambda").delete_event_source_mapping(UUID=uuid)
    world.put(1)
    world.step()

    assert world.sent() == []
    for call in ("get", "update", "delete"):
        with pytest.raises(ClientError) as refused:
            getattr(client("lambda"), f"{call}_event_source_mapping")(UUID=uuid)
        assert refused.value.response["Error"]["Code"] == "ResourceNotFoundException"
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


@pytest.mark.parametrize(
    "source_arn",
    [
        f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/none",
        f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/none/stream/2026-01-01T00:00:00.000",
    ],
)
def test_unknown_stream_is_refused(world: World, source_arn) -> None:
    """A stream that does not exist is named in AWS's words."""
    world.function()

    assert refusal(source_arn) == (400, "InvalidParameterValueException", f"Stream not found: {source_arn}")


def test_unknown_function_is_refused(world: World) -> None:
    """A function that does not exist cannot be mapped."""
    status, code, _ = refusal(world.stream(), FunctionName="none")

    assert (status, code) == (404, "ResourceNotFoundException")


def test_second_mapping_of_the_same_pair_is_a_conflict(world: World) -> None:
    """The same function cannot be mapped to the same source twice, by whatever name it is called."""
    world.function()
    arn = world.stream()
    uuid = create(arn)["UUID"]

    assert refusal(arn, FunctionName=FUNCTION_ARN) == (
        409,
        "ResourceConflictException",
        (
            f'The event source arn (" {arn} ") and function (" F ") provided mapping already exists. '
            f"Please update or delete the existing mapping with UUID {uuid}"
        ),
    )


def test_missing_starting_position_is_refused(world: World) -> None:
    """A stream's mapping needs a starting position."""
    world.function()

    status, code, message = refusal(world.stream(), StartingPosition=None)

    assert (status, code) == (400, "InvalidParameterValueException")
    assert "Value null at 'startingPosition' failed to satisfy constraint" in message


def test_values_out_of_range_are_refused(world: World) -> None:
    """A value out of range is a ValidationException, on creation and on update, and changes nothing."""
    world.function()
    arn = world.stream()
    assert refusal(arn, BatchSize=10_001)[:2] == (400, "ValidationException")
    uuid = create(arn)["UUID"]

    with pytest.raises(ClientError, match="'parallelizationFactor'"):
        client("lambda").update_event_source_mapping(UUID=uuid, BatchSize=5, ParallelizationFactor=11)

    assert world.mapping(uuid)["BatchSize"] == 100


def test_a_key_that_is_not_there_is_refused(world: World) -> None:
    """Its filters would be encrypted by it; this is said when a mapping is made, and when it is changed."""
    world.function()
    arn, key = world.stream(), f"arn:aws:kms:{REGION}:{ACCOUNT}:key/none"

    _, code, made = refusal(arn, KMSKeyArn=key)
    uuid = create(arn)["UUID"]
    with pytest.raises(ClientError) as changed:
        client("lambda").update_event_source_mapping(UUID=uuid, KMSKeyArn=key)

    assert code == "InvalidParameterValueException"
    assert made == changed.value.response["Error"]["Message"]
    assert "does not exist" in made


def test_settings_are_kept_and_changed(world: World) -> None:
    """What is given on creation or update is what is shown; the rest stays."""
    world.function()
    queue = world.queue()
    settings = {
        "BatchSize": 5,
        "MaximumBatchingWindowInSeconds": 3,
        "ParallelizationFactor": 2,
        "MaximumRetryAttempts": 7,
        "MaximumRecordAgeInSeconds": 60,
        "BisectBatchOnFunctionError": True,
        "TumblingWindowInSeconds": 30,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "DestinationConfig": {"OnFailure": {"Destination": queue}},
        "FilterCriteria": {"Filters": [{"Pattern": '{"data": {"a": [1]}}'}]},
    }
    created = create(world.stream(), **settings)
    assert settings.items() <= created.items()

    changed = client("lambda").update_event_source_mapping(
        UUID=created["UUID"], BatchSize=6, FilterCriteria={"Filters": []}
    )

    settings |= {"BatchSize": 6}
    assert "FilterCriteria" not in changed
    assert {name: changed[name] for name in settings if name != "FilterCriteria"} == {
        name: value for name, value in settings.items() if name != "FilterCriteria"
    }


def test_timestamp_is_shown(world: World) -> None:
    """A mapping that begins at a time shows that time."""
    world.function()
    moment = world.clock.now() - 60

    created = create(world.stream(), StartingPosition="AT_TIMESTAMP", StartingPositionTimestamp=moment)

    assert created["StartingPositionTimestamp"].timestamp() == moment


@pytest.mark.parametrize("made_with", ["F", FUNCTION_ARN])
@pytest.mark.parametrize("asked_with", ["F", FUNCTION_ARN])
def test_mappings_are_found_by_name_and_arn(world: World, made_with, asked_with) -> None:
    """A function's mappings are listed by its name and by its ARN, however they were made."""
    world.function()
    world.function("Other")
    uuid = create(world.stream(), FunctionName=made_with)["UUID"]
    create(world.stream("S2"), FunctionName="Other")

    found = client("lambda").list_event_source_mappings(FunctionName=asked_with)["EventSourceMappings"]

    assert [mapping["UUID"] for mapping in found] == [uuid]


def test_mappings_are_found_by_source(world: World) -> None:
    """A source's mappings are listed by its ARN."""
    world.function()
    first, second = world.stream("S1"), world.stream("S2")
    create(first)
    uuid = create(second)["UUID"]

    found = client("lambda").list_event_source_mappings(EventSourceArn=second)["EventSourceMappings"]

    assert [mapping["UUID"] for mapping in found] == [uuid]


def test_qualifier_is_kept(world: World) -> None:
    """A mapping of an alias keeps it in its function ARN, and invokes what the alias points to."""
    world.function()
    version = client("lambda").publish_version(FunctionName="F")["Version"]
    client("lambda").create_alias(FunctionName="F", Name="live", FunctionVersion=version)

    created = create(world.stream(), FunctionName="F:live")
    world.put(1)
    world.step()

    assert created["FunctionArn"] == f"{FUNCTION_ARN}:live"
    assert world.batches() == [[1]]


def test_function_of_a_mapping_can_be_changed(world: World) -> None:
    """After an update the next batch goes to the other function."""
    world.function("F")
    world.function("G")
    uuid = create(world.stream())["UUID"]
    world.put(1)
    world.step()

    changed = client("lambda").update_event_source_mapping(UUID=uuid, FunctionName="G")
    world.put(2)
    world.step()

    assert changed["FunctionArn"].endswith(":G")
    assert (world.batches("F"), world.batches("G")) == ([[1]], [[2]])


def test_queue_mapping_has_its_own_shape(world: World) -> None:
    """A queue's mapping has no stream settings, and its own words for the transition."""
    world.function()

    created = create(world.queue(), StartingPosition=None)

    assert created["BatchSize"] == 10
    assert created["StateTransitionReason"] == "USER_INITIATED"
    assert not {"StartingPosition", "ParallelizationFactor", "LastProcessingResult"} & created.keys()
