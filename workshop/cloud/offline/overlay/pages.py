"""Listings come in pages of the size that was asked for, or of the service's own.

AWS's listings heed a limit, have one of their own where none is given, and give a token of the next page;
Lambda never returns more than its own, whatever the limit
(https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html, and so for the others). For those below
moto ignores the limit, or cuts the list (ListBuckets, ListEntitiesForPolicy) and tells nobody that there is
more; and it lists what the other arguments of a request leave out (`listing_filters`). Changed: all of
these have pages of what was asked for; ListEntitiesForPolicy gives all in one, which IAM may. A token names
operation and place, so that what is made or deleted between two pages may be listed twice or not at all.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from moto.awslambda.responses import LambdaResponse
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult
from moto.events.responses import EventsHandler
from moto.iam.responses import IamResponse
from moto.logs.responses import LogsResponse
from moto.s3.models import S3Backend
from moto.s3.responses import S3Response
from moto.sqs.responses import SQSResponse

from workshop.cloud.offline.overlay.correct import corrects
from workshop.cloud.offline.overlay.listing_filters import FILTERS

__all__ = ["LOGS", "page"]


@dataclass(frozen=True)
class Names:
    """What a service calls limit, token of a request and of an answer, and that there is more.

    A page has `usual` elements where no limit is given, and never more than `most`.
    """

    limit: str
    token: str
    next_token: str
    is_more: str = ""
    usual: int = 10_000
    most: int = 10_000


LAMBDA = Names("MaxItems", "Marker", "NextMarker", usual=50, most=50)
MAPPINGS = replace(LAMBDA, usual=100, most=100)
LOGS = Names("limit", "nextToken", "nextToken", usual=50)
IAM = Names("MaxItems", "Marker", "Marker", "IsTruncated", usual=100)
SQS = Names("MaxResults", "NextToken", "NextToken", usual=1000)
CLOUDWATCH = Names("MaxRecords", "NextToken", "NextToken", usual=50)
EVENTS = Names("Limit", "NextToken", "NextToken", usual=100, most=100)
S3 = Names("max-buckets", "continuation-token", "ContinuationToken")
# Class of moto, names, and method → the list in its answer.
LISTINGS: tuple[tuple[Any, Names, dict[str, str]], ...] = (
    (
        LambdaResponse,
        LAMBDA,
        {
            "list_aliases": "Aliases",
            "list_functions": "Functions",
            "list_layer_versions": "LayerVersions",
            "list_layers": "Layers",
            "list_versions_by_function": "Versions",
        },
    ),
    (LambdaResponse, MAPPINGS, {"list_event_source_mappings": "EventSourceMappings"}),
    (
        LogsResponse,
        LOGS,
        {
            "describe_metric_filters": "metricFilters",
            "describe_resource_policies": "resourcePolicies",
            "describe_subscription_filters": "subscriptionFilters",
        },
    ),
    (
        IamResponse,
        IAM,
        {
            "get_group": "Users",
            "list_group_policies": "PolicyNames",
            "list_groups": "Groups",
            "list_groups_for_user": "Groups",
            "list_instance_profiles": "InstanceProfiles",
            "list_role_policies": "PolicyNames",
            "list_server_certificates": "ServerCertificateMetadataList",
            "list_user_policies": "PolicyNames",
            "list_user_tags": "Tags",
            "list_users": "Users",
        },
    ),
    (SQSResponse, SQS, {"list_dead_letter_source_queues": "queueUrls"}),
    (CloudWatchResponse, CLOUDWATCH, {"describe_alarms": "MetricAlarms"}),
    # This one has no pages.
    (CloudWatchResponse, replace(CLOUDWATCH, usual=10_000), {"describe_alarms_for_metric": "MetricAlarms"}),
    (
        EventsHandler,
        EVENTS,
        {"list_api_destinations": "ApiDestinations", "list_connections": "Connections"},
    ),
)

_MOTO_BUCKETS = S3Backend.list_buckets
_MOTO_ALL_BUCKETS = S3Response.all_buckets
_MOTO_ENTITIES = IamResponse.list_entities_for_policy


def page(
    request: Any,
    answer: Any,
    listed: str,
    names: Names,
    chosen: Callable[[Any, list[Any]], list[Any]] | None = None,
) -> Any:
    """Return moto's answer with the page of a list that the request asks for; `chosen` narrows the list.

    Raises:
        ValueError: no page has given out the token.
    """
    limit, token = request._get_param(names.limit), request._get_param(names.token)
    if isinstance(answer, tuple):  # with a status, or with headers
        return tuple(
            page(request, part, listed, names, chosen) if isinstance(part, str | ActionResult) else part
            for part in answer
        )
    document = answer.result if isinstance(answer, ActionResult) else json.loads(answer)
    everything = list(document[listed])
    if chosen is not None:
        everything = chosen(request, everything)
    start = _place(listed, token) if token else 0
    end = start + min(int(limit or names.usual), names.most)
    part = {**document, listed: everything[start:end]}
    part.pop(names.next_token, None)  # that of the request, which moto repeats
    if end < len(everything):
        part[names.next_token] = b64encode(json.dumps([listed, end]).encode()).decode()
        part |= {names.is_more: True} if names.is_more else {}
    return ActionResult(part) if isinstance(answer, ActionResult) else json.dumps(part)


def _place(listed: str, token: str) -> int:
    known, place = json.loads(b64decode(token, validate=True))
    if known != listed:
        raise ValueError(token)
    return int(place)


def _in_pages(
    moto: Callable[[Any], Any],
    listed: str,
    names: Names,
    chosen: Callable[[Any, list[Any]], list[Any]] | None,
) -> Callable[[Any], Any]:
    return lambda request: page(request, moto(request), listed, names, chosen)


for _owner, _names, _methods in LISTINGS:
    for _method, _listed in _methods.items():
        _replacement = _in_pages(getattr(_owner, _method), _listed, _names, FILTERS.get(_method))
        corrects(_owner, _method)(_replacement)


@corrects(S3Backend, "list_buckets")
def _list_buckets(self: Any, prefix: Any, bucket_region: Any, max_buckets: Any) -> Any:
    del max_buckets  # the page is cut from what there is
    return _MOTO_BUCKETS(self, prefix, bucket_region, None)


@corrects(S3Response, "all_buckets")
def _all_buckets(self: Any) -> Any:
    # moto's method answers with XML, so the page is cut just before that is made.
    serialized = self.serialized
    self.serialized = lambda answer: serialized(page(self, answer, "Buckets", S3))
    return _MOTO_ALL_BUCKETS(self)


@corrects(IamResponse, "list_entities_for_policy")
def _list_entities_for_policy(self: Any) -> Any:
    self.params.pop("MaxItems", None)
    return _MOTO_ENTITIES(self)
