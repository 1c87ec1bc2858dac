"""What GeneratorLambda is told by its template: which pipeline it plays against.

========================= ==================================================================================
variable                  what the function's role must allow on it
========================= ==================================================================================
``STREAM_NAME``           kinesis:PutRecords
``AGGREGATE_TABLE_NAME``  dynamodb:GetItem and Scan
``SCORE_TABLE_NAME``      dynamodb:GetItem, PutItem, UpdateItem and ConditionCheckItem
``HIERARCHY_LEVELS``      nothing; the levels of the pipeline; `RunID` first keeps rounds apart
========================= ==================================================================================

The table of the score is the pipeline's ParameterTable. The pipeline's functions know it by another variable,
under which they look for faults that they are to inject into themselves: the judge is not to be struck.
"""

from dataclasses import dataclass

from common.settings import Settings

__all__ = ["GeneratorSettings"]


@dataclass(frozen=True)
class GeneratorSettings(Settings):
    """The stream and the tables of the pipeline, and its levels from the top of the roll-up."""

    stream_name: str
    aggregate_table_name: str
    score_table_name: str
    hierarchy_levels: tuple[str, ...]
