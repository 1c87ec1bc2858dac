"""The quick look at many values at once."""

import base64
import binascii

from botocore.model import Shape
from hypothesis import given
from hypothesis import strategies as st
from moto.core.utils import get_service_model

from workshop.cloud.offline.request_models.columns import compile_columns

DATA: Shape = get_service_model("kinesis").operation_model("PutRecords").input_shape.members["Records"].member
TEXTS = st.text("Aé/=,", max_size=9) | st.binary(max_size=6).map(lambda data: base64.b64encode(data).decode())


def is_base64(text: str) -> bool:
    try:
        binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        return False
    # Python takes more padding than there may be.
    return len(text) % 4 == 0


@given(texts=st.lists(TEXTS, min_size=1, max_size=5))
def test_binary_data_is_right_only_if_each_is_base64(texts: list[str]) -> None:
    """What is not Base64, among others or alone, is never taken for right; what is, always is."""
    fits = compile_columns(DATA)

    assert fits([{"Data": text, "PartitionKey": "k"} for text in texts]) == all(map(is_base64, texts))
