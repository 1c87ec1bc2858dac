"""What an invocation did, as one line of JSON in its log, for people and for CloudWatch Logs Insights."""

import json
from collections.abc import Mapping

__all__ = ["report"]


def report(stage: str, counts: Mapping[str, int]) -> None:
    """Print the counts of one invocation; a count of zero is left out."""
    print(json.dumps({"stage": stage, **{name: count for name, count in counts.items() if count}}))
