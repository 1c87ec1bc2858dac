"""Lists in answers."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto.core.exceptions import JsonRESTError
from moto.core.serialize import JSONSerializer, XFormedAttributePicker
from moto.core.utils import get_service_model
from moto.dynamodb.exceptions import ConditionalCheckFailed

from tests.cloud.conftest import Account
from workshop.cloud.offline.overlay.core_answers import _serialize_list
from workshop.cloud.offline.overlay.correct import plain_moto

NAMES = ["SequenceNumber", "sequence_number", "ShardId", "shard_id", "ErrorCode", "Other", "id"]
TEXTS = st.text(max_size=3)
ENTRIES = st.one_of(
    st.fixed_dictionaries({"SequenceNumber": TEXTS, "ShardId": TEXTS}),
    st.dictionaries(st.sampled_from(NAMES), st.one_of(TEXTS, st.none(), st.integers(0, 3))),
)
# Entries of a list have the same members nearly always.
LISTS = st.one_of(
    st.lists(ENTRIES, max_size=4),
    st.lists(st.sampled_from(NAMES), unique=True, max_size=4).flatmap(
        lambda names: st.lists(st.fixed_dictionaries(dict.fromkeys(names, TEXTS)), max_size=4)
    ),
)


# A service, an operation of it, and a list in its answer.
PUT_RECORDS = ("kinesis", "PutRecords", "Records")
STATEMENTS = ("dynamodb", "BatchExecuteStatement", "Responses")
ATTRIBUTES = st.dictionaries(TEXTS, st.fixed_dictionaries({"S": TEXTS}), max_size=2)
# As BatchExecuteStatement answers: a table's name alone, or an item or an error beside it.
RESPONSES = st.lists(
    st.fixed_dictionaries(
        {"TableName": TEXTS},
        optional={
            "Item": ATTRIBUTES,
            "Error": st.one_of(
                st.none(),
                st.dictionaries(st.sampled_from(["Code", "Message", "code"]), st.one_of(TEXTS, st.none())),
                st.fixed_dictionaries({"Code": TEXTS, "Item": ATTRIBUTES}),
            ),
            "Other": TEXTS,
        },
    ),
    max_size=5,
)


def serialized(
    way: Any, entries: Any, place: tuple[str, str, str] = ("kinesis", "PutRecords", "Records")
) -> str:
    """Return the answer with these entries, put in by one of both ways; `place` is the list's."""
    service, name, member = place
    operation = get_service_model(service).operation_model(name)
    shape = operation.output_shape.members[member]
    serializer = JSONSerializer(operation, value_picker=XFormedAttributePicker())
    found: dict[str, Any] = {}
    way(serializer, found, entries, shape, member)
    return repr(found)


@pytest.mark.usefixtures("account")
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LISTS)
def test_entries_come_out_as_moto_puts_them(entries: list[dict[str, Any]]) -> None:
    """Whatever entries a list has, the answer is that of plain moto, to the order of its members."""
    corrected = serialized(_serialize_list, entries)
    with plain_moto():
        assert corrected == serialized(JSONSerializer._serialize_type_list, entries)


@pytest.mark.usefixtures("account")
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(RESPONSES)
def test_entries_that_are_texts_in_part_come_out_as_moto_puts_them(entries: list[dict[str, Any]]) -> None:
    """Entries with an item or an error among such of texts alone are answered as by plain moto."""
    corrected = serialized(_serialize_list, entries, STATEMENTS)
    with plain_moto():
        assert corrected == serialized(JSONSerializer._serialize_type_list, entries, STATEMENTS)


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("kind", [JsonRESTError, ConditionalCheckFailed])
def test_errors_of_json_are_those_of_moto(kind: Any) -> None:
    """An error has the same fields, headers and body as plain moto's."""
    arguments = ("E#Some", 'it says "no"') if kind is JsonRESTError else ()
    corrected = kind(*arguments)
    with plain_moto():
        plain = kind(*arguments)
    assert vars(corrected) == vars(plain)
    assert (corrected.get_headers(), corrected.get_body()) == (plain.get_headers(), plain.get_body())


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("kind", [list, tuple, iter])
def test_lists_of_every_kind_are_put(kind: Any) -> None:
    """A tuple, and what can be looked at only once, come out as a list does."""
    entries = [{"ShardId": "a"}, {"ShardId": "b"}]
    assert serialized(_serialize_list, kind(entries)) == repr({"Records": entries})


def test_records_are_answered_with_number_and_shard(account: Account) -> None:
    """Each record of PutRecords has its number and its shard, and nothing else."""
    kinesis = account.client("kinesis")
    kinesis.create_stream(StreamName="S", ShardCount=1)
    answer = kinesis.put_records(
        StreamName="S", Records=[{"Data": b"x", "PartitionKey": key} for key in "abc"]
    )
    assert [set(record) for record in answer["Records"]] == [{"SequenceNumber", "ShardId"}] * 3
