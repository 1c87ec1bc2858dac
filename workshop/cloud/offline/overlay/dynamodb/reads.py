"""Query and Scan check a request as AWS does, and answer page by page.

Sources: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html and API_Scan.html
there. moto answers 500 to key conditions with OR, takes filters on key attributes, inverted bounds and
starting keys of other partitions, sorts the whole table for a query, and ends a page of exactly `Limit`
items without a key.

Changed: both methods are written anew on `expressions` and `pages`.
"""

from collections.abc import Mapping
from typing import Any

from moto.dynamodb.exceptions import MockValidationException
from moto.dynamodb.responses import DynamoHandler, DynamoResult, validate_select

from workshop.cloud.offline.overlay.correct import corrects
from workshop.cloud.offline.overlay.dynamodb.capacity import capacity, read_units
from workshop.cloud.offline.overlay.dynamodb.expressions.conditions import BoundCondition
from workshop.cloud.offline.overlay.dynamodb.expressions.key_conditions import (
    attribute_names,
    check_key_condition,
    equal_values,
)
from workshop.cloud.offline.overlay.dynamodb.expressions.legacy import check_forms, legacy_condition
from workshop.cloud.offline.overlay.dynamodb.expressions.projections import project
from workshop.cloud.offline.overlay.dynamodb.expressions.request import Expressions
from workshop.cloud.offline.overlay.dynamodb.item_calls import Paths, projection_of
from workshop.cloud.offline.overlay.dynamodb.pages import Page, TableView, segment_of

KEYS, FILTER = "KeyConditionExpression", "FilterExpression"


def _view(handler: Any, operation: str, paths: Paths | None, filtered: BoundCondition | None) -> TableView:
    request = handler.body
    table = handler.dynamodb_backend.get_table(request["TableName"])
    consistent = bool(request.get("ConsistentRead"))
    view = TableView(table, request.get("IndexName"), consistent=consistent)
    validate_select(
        operation=operation,
        select=request.get("Select"),
        projection_expression=request.get("ProjectionExpression"),
        attributes_to_get=request.get("AttributesToGet"),
        table=table,
        index_name=request.get("IndexName"),
    )
    view.check_projected([str(path[0]) for path in paths or ()])
    if filtered is not None:
        view.check_projected(sorted(attribute_names(filtered.tree)))
    return view


def _answer(
    handler: Any, view: TableView, page: Page, paths: Paths | None, filtered: BoundCondition | None
) -> Any:
    request = handler.body
    # What is named, or all of it, is fetched from the table where an index lacks it.
    fetches = paths is not None or request.get("Select") == "ALL_ATTRIBUTES"
    images = [item.attrs if fetches else view.projected(item.attrs) for item in page.items]
    if filtered is not None:
        kept = [filtered.holds(item.attrs) for item in page.items]
        images = [image for image, is_kept in zip(images, kept, strict=True) if is_kept]
    answer: dict[str, Any] = {"Count": len(images), "ScannedCount": len(page.items)}
    if request.get("Select") != "COUNT":
        answer["Items"] = images if paths is None else [project(image, paths) for image in images]
    if page.last_key is not None:
        answer["LastEvaluatedKey"] = page.last_key
    units = read_units(page.size, consistent=bool(request.get("ConsistentRead")))
    return DynamoResult({**answer, **capacity(request, lambda: units)})


@corrects(DynamoHandler, "query")
def _query(self: Any) -> Any:
    request = self.body
    check_forms(request)
    expressions = Expressions(request, (FILTER, KEYS), paths="ProjectionExpression")
    filtered = _filter(request, expressions, "QueryFilter")
    key = expressions.condition(KEYS) or legacy_condition("KeyConditions", request.get("KeyConditions"))
    paths = projection_of(request, expressions)
    expressions.check_used()
    if key is None:
        raise MockValidationException(
            "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."
        )
    view = _view(self, "Query", paths, filtered)
    check_key_condition(key, view.hash_names, view.range_names, view.types)
    if filtered is not None:
        _check_filter(filtered, [*view.hash_names, *view.range_names])
    equal = equal_values(key)
    start = view.start_key(request.get("ExclusiveStartKey"))
    if start is not None:
        _check_start(start, key, equal, view)
    forward = request.get("ScanIndexForward", True) is not False
    items = [item for item in view.in_partition(equal) if key.holds(item.attrs)]
    page = view.page(
        view.in_order(items, forward=forward), start=start, limit=request.get("Limit"), forward=forward
    )
    return _answer(self, view, page, paths, filtered)


def _filter(request: Mapping[str, Any], expressions: Expressions, older: str) -> BoundCondition | None:
    return expressions.condition(FILTER) or legacy_condition(
        older, request.get(older), request.get("ConditionalOperator")
    )


def _check_filter(filtered: BoundCondition, keys: list[str]) -> None:
    if met := sorted(attribute_names(filtered.tree) & set(keys)):
        kind = "Filter Expression" if filtered.kind == FILTER else "QueryFilter"
        raise MockValidationException(
            f"{kind} can only contain non-primary key attributes: Primary key attribute: {met[0]}"
        )


def _check_start(
    start: Mapping[str, Any], key: BoundCondition, equal: Mapping[str, Any], view: TableView
) -> None:
    if any(start[name] != equal[name] for name in view.hash_names):
        raise MockValidationException(
            "The provided starting key is outside query boundaries based on provided conditions"
        )
    if not key.holds(start):
        raise MockValidationException("The provided starting key does not match the range key predicate")


@corrects(DynamoHandler, "scan")
def _scan(self: Any) -> Any:
    request = self.body
    check_forms(request)
    expressions = Expressions(request, (FILTER,), paths="ProjectionExpression")
    filtered = _filter(request, expressions, "ScanFilter")
    paths = projection_of(request, expressions)
    expressions.check_used()
    segment, total = _segment(request)
    view = _view(self, "Scan", paths, filtered)
    start = view.start_key(request.get("ExclusiveStartKey"))
    if start is not None and segment_of(start[view.table.hash_key_attr], total) != segment:
        raise MockValidationException(
            "The provided starting key is invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey "
            f"with correct Segment. TotalSegments: {total} Segment: {segment}"
        )
    items = [item for item in view.everything() if segment_of(item.hash_key, total) == segment]
    # AWS promises no order of a scan; the next page needs one that it finds again.
    page = view.page(view.in_order(items), start=start, limit=request.get("Limit"))
    return _answer(self, view, page, paths, filtered)


def _segment(request: Mapping[str, Any]) -> tuple[int, int]:
    """Return which segment of how many is wanted; without any, the only one of one."""
    segment, total = request.get("Segment"), request.get("TotalSegments")
    if total is None and segment is None:
        return 0, 1
    for given, name, other in ((total, "TotalSegments", "Segment"), (segment, "Segment", "TotalSegments")):
        if given is None:
            raise MockValidationException(
                f"The {name} parameter is required but was not present in the request when "
                f"{'' if name == 'TotalSegments' else 'parameter '}{other} "
                f"{'parameter ' if name == 'TotalSegments' else ''}is present"
            )
    if int(segment or 0) >= int(total or 1):
        raise MockValidationException(
            "The Segment parameter is zero-based and must be less than parameter TotalSegments"
        )
    return int(segment or 0), int(total or 1)
