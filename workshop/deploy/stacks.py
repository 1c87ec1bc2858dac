"""The pipelines' stacks: found, deployed, destroyed. What the rest of the workshop uses of this package."""

from workshop.deploy.change_sets import StackChange
from workshop.deploy.deployment import Deployment, deploy
from workshop.deploy.events import StackEvent
from workshop.deploy.finding import STACK_TAG, PipelineStack, find_stack, list_stacks
from workshop.deploy.teardown import added_by_hand, destroy

__all__ = [
    "STACK_TAG",
    "Deployment",
    "PipelineStack",
    "StackChange",
    "StackEvent",
    "added_by_hand",
    "deploy",
    "destroy",
    "find_stack",
    "list_stacks",
]
