"""The names of functions and event sources, taken apart.

Lambda accepts a function as a name, a name with a qualifier, a partial ARN or a whole ARN; everything below
works with the parts. Pure: nothing here knows whether what is named exists.
"""

from dataclasses import dataclass
from typing import Self

from workshop.cloud.offline.partitions import partition_of

__all__ = ["LATEST", "FunctionReference", "SourceReference"]

# The qualifier of what has not been published, which a name alone means too.
LATEST = "$LATEST"


@dataclass(frozen=True, slots=True)
class FunctionReference:
    """A function's bare name and, if the caller gave one, a version or an alias."""

    name: str
    qualifier: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read any form that Lambda accepts.

        >>> FunctionReference.parse("arn:aws:lambda:us-east-1:123456789012:function:Map:live")
        FunctionReference(name='Map', qualifier='live')
        >>> FunctionReference.parse("123456789012:function:Map")
        FunctionReference(name='Map', qualifier=None)
        """
        _, marker, rest = text.rpartition("function:")
        name, _, qualifier = (rest if marker else text).partition(":")
        return cls(name, qualifier or None)

    def arn(self, region: str, account_id: str) -> str:
        """Return the whole ARN, with the qualifier if there is one."""
        arn = f"arn:{partition_of(region)}:lambda:{region}:{account_id}:function:{self.name}"
        return f"{arn}:{self.qualifier}" if self.qualifier else arn


@dataclass(frozen=True, slots=True)
class SourceReference:
    """What an event source ARN says: the service, the place, and the stream, table or queue."""

    arn: str
    service: str
    region: str
    account_id: str
    resource: str

    @classmethod
    def parse(cls, arn: str) -> Self:
        """Split an ARN; missing parts are empty, never an error."""
        # A resource may hold colons itself, as the label of a table's stream does: 2025-06-15T15:06:40.500.
        _, _, service, region, account_id, resource = (*arn.split(":", 5), "", "", "", "", "")[:6]
        return cls(arn, service, region, account_id, resource)

    @property
    def name(self) -> str:
        """The stream's, the table's or the queue's name."""
        return self.resource.split("/")[1] if "/" in self.resource else self.resource

    @property
    def stream_arn(self) -> str:
        """The ARN of the Kinesis stream, also when a consumer of it is mapped."""
        return self.arn.partition("/consumer/")[0]

    @property
    def is_fifo(self) -> bool:
        """Whether this is a FIFO queue or topic, to which Lambda sends nothing by itself."""
        return self.service in {"sns", "sqs"} and self.resource.endswith(".fifo")

    @property
    def is_stream(self) -> bool:
        """Whether records are read shard by shard."""
        return self.service in {"kinesis", "dynamodb"}
