"""Lists in answers."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto.core.serialize import JSONSerializer, XFormedAttributePicker
from moto.core.utils import get_service_model

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


def serialized(way: Any, entries: Any) -> str:
    """Return the answer of PutRecords with these entries, put in by one of both ways."""
    operation = get_service_model("kinesis").operation_model("PutRecords")
    shape = operation.output_shape.members["Records"]
    serializer = JSONSerializer(operation, value_picker=XFormedAttributePicker())
    found: dict[str, Any] = {}
    way(serializer, found, entries, shape, "Records")
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
