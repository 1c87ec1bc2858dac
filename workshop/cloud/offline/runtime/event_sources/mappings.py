"""An event source mapping as the engine sees it: a frozen value, read from the object that the backend keeps.

The defaults are those that CreateEventSourceMapping fills in; -1 means without end.
Source: https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html.
"""

from dataclasses import dataclass
from typing import Any, Self

from workshop.cloud.offline.runtime.arns import FunctionReference, SourceReference
from workshop.cloud.offline.runtime.event_sources.filters import Pattern, parse_pattern

__all__ = ["ENDLESS", "REPORT_ITEM_FAILURES", "Mapping"]

ENDLESS = -1
REPORT_ITEM_FAILURES = "ReportBatchItemFailures"


@dataclass(frozen=True, slots=True)
class Mapping:
    """What one mapping reads, whom it invokes, and how it treats failures."""

    uuid: str
    region: str
    account_id: str
    source: SourceReference
    function: FunctionReference
    is_enabled: bool = True
    batch_size: int = 100
    batching_window_seconds: int = 0
    parallelization_factor: int = 1
    starting_position: str | None = None
    starting_timestamp: float | None = None
    maximum_retry_attempts: int = ENDLESS
    maximum_record_age_seconds: int = ENDLESS
    bisects: bool = False
    tumbling_window_seconds: int = 0
    reports_item_failures: bool = False
    on_failure_arn: str | None = None
    maximum_concurrency: int | None = None
    filters: tuple[str, ...] = ()
    # Since when the function is another one, as far as the engine has seen it change.
    code_changed_at: float = 0.0

    @classmethod
    def of(cls, esm: Any) -> Self:
        """Read the backend's mapping; the caller holds the lock."""
        on_failure = (esm.destination_config or {}).get("OnFailure") or {}
        filters = (esm.filter_criteria or {}).get("Filters") or []
        return cls(
            uuid=esm.uuid,
            region=esm.region,
            account_id=esm.account_id,
            source=SourceReference.parse(esm.event_source_arn),
            function=FunctionReference.parse(esm.function_arn),
            is_enabled=bool(esm.enabled),
            batch_size=int(esm.batch_size),
            batching_window_seconds=int(esm.max_batch_window or 0),
            parallelization_factor=int(esm.parallelization_factor or 1),
            starting_position=esm.starting_position,
            starting_timestamp=_seconds(esm.starting_position_timestamp),
            maximum_retry_attempts=_or_endless(esm.max_retry_attempts),
            maximum_record_age_seconds=_or_endless(esm.max_record_age),
            bisects=_is_true(esm.bisect_on_error),
            tumbling_window_seconds=int(esm.tumbling_window or 0),
            reports_item_failures=REPORT_ITEM_FAILURES in (esm.function_response_types or ()),
            on_failure_arn=on_failure.get("Destination") or None,
            maximum_concurrency=_whole((esm.scaling_config or {}).get("MaximumConcurrency")),
            filters=tuple(one["Pattern"] for one in filters if one.get("Pattern")),
        )

    @property
    def function_arn(self) -> str:
        """The function's ARN, with the qualifier if the mapping has one."""
        return self.function.arn(self.region, self.account_id)

    @property
    def patterns(self) -> tuple[Pattern, ...]:
        """The parsed filters; the control plane has refused what cannot be parsed."""
        return tuple(parse_pattern(text) for text in self.filters)

    def record_age_limit(self, retention_seconds: float) -> float:
        """Return the age at which a record is discarded, at the latest when its source forgets it."""
        if self.maximum_record_age_seconds == ENDLESS:
            return retention_seconds
        return min(self.maximum_record_age_seconds, retention_seconds)


def _or_endless(value: Any) -> int:
    return ENDLESS if value is None else int(value)


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)


def _is_true(value: Any) -> bool:
    # CloudFormation hands booleans over as text.
    return value is True or str(value).lower() == "true"


def _seconds(value: Any) -> float | None:
    return None if value is None else float(value)
