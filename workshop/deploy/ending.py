"""The end of a pipeline at a date: a stack beside it with schedules that delete stacks.

At that time EventBridge takes the game's generator away, and the pipeline too if that was asked for. Offline
it is the cloud's clock that counts. The stack of the schedules stays until the pipeline is destroyed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from workshop.clock import Clock, SystemClock
from workshop.cloud.connection import Cloud
from workshop.deploy.boundary import boundary_of
from workshop.deploy.deployment import stack_tags, template_body
from workshop.deploy.events import EventLog, StackEvent, follow
from workshop.deploy.finding import END, GONE, describe, end_stack, find_stack, own_stack, pipeline_stack
from workshop.deploy.leftovers import remaining, resources_of
from workshop.deploy.site import StackSite, Told
from workshop.errors import ConfigurationError, TearDownError

__all__ = ["NEVER", "End", "parse_end", "read_end", "remove_end", "roles_begin", "set_end"]

NEVER = "never"
FORM = "%Y-%m-%dT%H:%M:%S"
# Of the 64 characters of a role's name a random end takes 13; if need be, stack and role keep 25 each.
KEPT_OF_STACK = 24


@dataclass(frozen=True)
class End:
    """When a pipeline ends, in UTC, and whether it is deleted then or only its generator."""

    moment: datetime
    deletes_pipeline: bool

    def __str__(self) -> str:
        what = "the stack is deleted" if self.deletes_pipeline else "its generator is taken away"
        return f"{what} on {self.moment.day} {self.moment:%B %Y, %H:%M} UTC"


def parse_end(text: str) -> datetime | None:
    """Return the time that somebody wrote, in UTC unless it names a zone; None for `never`.

    Raises:
        ConfigurationError: it is no time.
    """
    if text == NEVER:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigurationError(
            f"`{text}` is no time; write it in UTC as in 2026-12-01T18:00, or `{NEVER}`"
        ) from error
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def set_end(
    cloud: Cloud,
    stack: str,
    moment: datetime,
    *,
    deletes_pipeline: bool,
    on_event: Callable[[StackEvent], None] | None = None,
    clock: Clock | None = None,
) -> End:
    """Let a deployed pipeline end at a time, in place of the end that was set before.

    Raises:
        ConfigurationError: the time has passed, or there is no such pipeline.
        DeploymentError: CloudFormation refused.
    """
    waiting = clock or SystemClock()
    now = cloud.offline.now() if cloud.offline is not None else waiting.now()
    if moment.timestamp() <= now:
        raise ConfigurationError(
            f"{moment:%Y-%m-%d %H:%M} UTC has passed, so `{stack}` cannot end then; "
            "name a later time, or take it away with `workshop destroy`"
        )
    end = End(moment, deletes_pipeline)
    find_stack(cloud, stack)
    site = StackSite(cloud, END, end_stack(stack), told=Told(on_event=on_event), clock=waiting)
    wanted = {
        "PipelineStack": stack,
        "RolesBegin": roles_begin(stack),
        "EndDate": f"{moment:{FORM}}",
        "DeletePipeline": str(deletes_pipeline).lower(),
        **boundary_of(cloud),
    }
    site.bring(template_body(END), wanted, site.usable_stack(), tags=stack_tags(END))
    return end


def roles_begin(stack: str) -> str:
    """Return how the names begin that CloudFormation makes for roles of a stack, and of its generator."""
    return f"{stack}-"[:KEPT_OF_STACK]


def read_end(cloud: Cloud, stack: str) -> End | None:
    """Return when a pipeline ends, or ended; None if no end is set."""
    described = describe(cloud, end_stack(stack))
    found = None if described is None else pipeline_stack(described)
    if found is None or found.pipeline != END or not found.outputs:
        return None
    moment = datetime.strptime(found.outputs["EndDate"], FORM).replace(tzinfo=UTC)
    return End(moment, found.outputs["DeletePipeline"] == "true")


def remove_end(
    cloud: Cloud, stack: str, *, on_event: Callable[[StackEvent], None] | None = None, clock: Clock
) -> bool:
    """Take away what would end a pipeline, or has ended it; return whether there was anything.

    Raises:
        TearDownError: something of it could not be deleted; names each thing.
    """
    described = describe(cloud, end_stack(stack))
    found = None if described is None else own_stack(cloud, described)
    if described is None or found is None or found.pipeline != END:
        return False
    resources, log = resources_of(cloud, described["StackId"]), EventLog(cloud, described["StackId"])
    log.skip()
    cloud.client("cloudformation").delete_stack(StackName=described["StackId"])
    before = described["StackStatus"]
    status, _ = follow(cloud, log, described["StackId"], before=before, on_event=on_event, clock=clock)
    if status != GONE:
        left = tuple(str(each) for each in remaining(cloud, resources))
        raise TearDownError(
            f"the stack `{found.name}` ended in `{status}`, and there are still: {', '.join(left)}; "
            f"remove the cause, then run `workshop destroy {stack}` again",
            left,
        )
    return True
