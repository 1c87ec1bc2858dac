"""`workshop deploy`, `destroy`, `package`: pipelines brought to a cloud, taken away, or packed for others."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from botocore.exceptions import ClientError
from rich.console import Console

from workshop.cli.options import (
    CloudChoice,
    CloudOption,
    PipelineName,
    RegionOption,
    Variant,
    YesOption,
    agree,
    cloud_options,
    console,
)
from workshop.cli.views.deploy_progress import DeployProgress
from workshop.clock import SystemClock
from workshop.cloud.connection import Cloud, connect
from workshop.deploy.code_bucket import CodeBucket, bucket_name
from workshop.deploy.ending import NEVER, parse_end, read_end, remove_end, set_end
from workshop.deploy.finding import describe, list_ends
from workshop.deploy.mappings import wait_for_mappings
from workshop.deploy.package import write_package
from workshop.deploy.stacks import Deployment, StackEvent, added_by_hand, deploy, destroy, list_stacks
from workshop.errors import ConfigurationError, StackNotFoundError
from workshop.pipeline.running_cost import running_cost
from workshop.settings import ACCOUNT_ID, DEFAULT_REGION, cloud_kind

__all__ = ["all_stacks", "deploy_command", "destroy_command", "package_command"]

NOTHING_RESERVED = (
    "This account has no concurrency to reserve, so ReduceLambda runs without (`ReduceConcurrency=0`): "
    "totals stay exact.\n"
)

PipelineArgument = Annotated[PipelineName, typer.Argument(help="Which pipeline.", show_default=False)]
VariantOption = Annotated[
    Variant, typer.Option(help="Handlers: yours in lambdas/, the published ones, or the exact ones.")
]
StackOption = Annotated[
    str | None,
    typer.Option(help="Name of the stack; else trade-risk-stateless or -stateful.", metavar="NAME"),
]

EndOption = Annotated[
    str | None,
    typer.Option(
        help="When the game's generator is taken away: a time in UTC such as 2026-12-01T18:00, or never.",
        metavar="TIME",
    ),
]
DeleteAtEndOption = Annotated[
    bool, typer.Option("--delete-at-end", help="At that time the stack with its data goes as well.")
]


@cloud_options
def deploy_command(  # noqa: PLR0913 - each argument is an option of the command
    pipeline: PipelineArgument,
    *,
    stack: StackOption = None,
    variant: VariantOption = Variant.LEDGER,
    shards: Annotated[int | None, typer.Option(help="Shards of the stream.", min=1)] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", help="Another parameter of the template; may be repeated.", metavar="KEY=VALUE"
        ),
    ] = None,
    end: EndOption = None,
    delete_at_end: DeleteAtEndOption = False,
    cloud: CloudChoice,
) -> None:
    """Create a pipeline's stack, or bring it up to date; what has not changed is left alone."""
    parameters = _parameters(settings or (), shards)
    moment = parse_end(end or NEVER)
    if delete_at_end and moment is None:
        raise ConfigurationError("`--delete-at-end` needs a time; name it with `--end TIME`")
    connected, people = cloud.connect(), console()
    people.print(connected.badge, soft_wrap=True)
    progress = DeployProgress(people)
    with _told_if_cut_off(people), progress.running():
        deployment = deploy(
            connected,
            pipeline.value,
            stack=stack,
            variant=variant.value,
            parameters=parameters,
            on_plan=progress.tell_plan,
            on_event=progress.tell,
        )
        functions = [value for name, value in deployment.outputs.items() if name.endswith("LambdaName")]
        wait_for_mappings(connected, functions, clock=SystemClock())
        if end is not None:
            _set_end(connected, deployment.stack, moment, delete_at_end, progress.tell)
    _print_deployment(deployment, people)
    _print_cost_and_end(connected, deployment.stack, people)


@cloud_options
def destroy_command(
    stack: Annotated[str | None, typer.Argument(help="Name of the stack.", metavar="[NAME]")] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Every stack of this workshop.")] = False,
    yes: YesOption = False,
    cloud: CloudChoice,
) -> None:
    """Delete a pipeline with its data, and prove that nothing of it is left."""
    if (stack is None) is not every:
        raise ConfigurationError("name one stack, or say `--all` for every stack of this workshop")
    connected, people = cloud.connect(), console()
    people.print(connected.badge, soft_wrap=True)
    names = [stack] if stack else all_stacks(connected)
    if not names:
        # A deployment that was cut off at its very beginning has left nothing but this.
        CodeBucket(connected).remove_if_empty()
        people.print("There is no stack of this workshop.")
    else:
        _tell_additions(connected, names, people)
        agree(f"This deletes {', '.join(names)} with all data ({connected.kind}).", yes=yes)
    for name in names:
        progress = DeployProgress(people)
        # Zips of a stack that is gone may have been cleared with the one before.
        gone = (StackNotFoundError,) if every else ()
        with suppress(*gone), _told_if_cut_off(people), progress.running():
            destroy(connected, name, on_event=progress.tell)
        people.print(
            f"Nothing is left of `{name}`: every service was asked for every resource.", soft_wrap=True
        )


def package_command(  # noqa: PLR0913 - each argument is an option of the command
    pipeline: PipelineArgument,
    *,
    to: Annotated[Path, typer.Option(help="Folder to write into.", metavar="DIR")],
    variant: VariantOption = Variant.LEDGER,
    stack: StackOption = None,
    bucket: Annotated[
        str | None, typer.Option(help="Bucket that the zips will lie in; else the workshop's own.")
    ] = None,
    cloud: CloudOption = None,
    region: RegionOption = None,
) -> None:
    """Write zips, template and parameters, so that the AWS CLI or boto3 can deploy the pipeline."""
    place = bucket or _own_bucket(cloud, region)
    package = write_package(pipeline.value, variant.value, to, bucket=place, stack=stack)
    people = console()
    for path in package.files:
        people.print(str(path), markup=False, soft_wrap=True)
    people.print("\nDeploy it with:\n")
    for command in package.commands:
        people.print(command, markup=False, soft_wrap=True)
    if cloud_kind(cloud) == "offline":
        people.print("\nFor the offline cloud, set AWS_ENDPOINT_URL and any access key first.")


def _set_end(
    cloud: Cloud,
    stack: str,
    moment: datetime | None,
    deletes_pipeline: bool,
    tell: Callable[[StackEvent], None],
) -> None:
    if moment is None:
        remove_end(cloud, stack, on_event=tell, clock=SystemClock())
    else:
        set_end(cloud, stack, moment, deletes_pipeline=deletes_pipeline, on_event=tell)


def _tell_additions(cloud: Cloud, names: Sequence[str], people: Console) -> None:
    """Name what somebody added by hand, before anybody agrees that it goes."""
    for added in (each for name in names for each in added_by_hand(cloud, name)):
        people.print(f"Added by hand, goes as well: {added}", markup=False, soft_wrap=True)


def all_stacks(cloud: Cloud) -> list[str]:
    """Return every pipeline, those that have ended, and those of which only zips are left."""
    zipped = (name for name in sorted(CodeBucket(cloud).stacks()) if describe(cloud, name) is None)
    return list(dict.fromkeys([*(each.name for each in list_stacks(cloud)), *list_ends(cloud), *zipped]))


@contextmanager
def _told_if_cut_off(people: Console) -> Iterator[None]:
    """Tell whoever presses Ctrl-C what CloudFormation makes of that, and what to do next."""
    try:
        yield
    except KeyboardInterrupt as interruption:
        for note in getattr(interruption, "__notes__", ()):
            people.print(f"\nInterrupted. {note}.", markup=False, soft_wrap=True)
        raise


def _parameters(settings: Sequence[str], shards: int | None) -> dict[str, str]:
    parameters = {} if shards is None else {"ShardCount": str(shards)}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not (name and equals):
            raise ConfigurationError(f"`{setting}` is not a setting; write `--set Key=Value`")
        parameters[name] = value
    return parameters


def _own_bucket(cloud: str | None, region: str | None) -> str:
    if cloud_kind(cloud) == "aws":
        connected = connect(cloud, region=region)
        return bucket_name(connected.account_id, connected.region)
    return bucket_name(ACCOUNT_ID, region or DEFAULT_REGION)


def _print_deployment(deployment: Deployment, people: Console) -> None:
    changed = ", ".join(deployment.changed_functions) or "none"
    people.print(
        f"\n`{deployment.stack}` runs the {deployment.pipeline} pipeline, {deployment.variant} handlers; "
        f"functions with new code: {changed}; it took {deployment.seconds:.1f} s.\n",
        soft_wrap=True,
    )
    if deployment.without_reservation:
        people.print(NOTHING_RESERVED, soft_wrap=True)
    width = max(map(len, deployment.outputs), default=0)
    for name, value in deployment.outputs.items():
        people.print(f"{name:<{width}}  {value}", markup=False, soft_wrap=True)
    people.print(
        f"\nNext: `workshop produce {deployment.stack}`, `workshop watch {deployment.stack}`.", soft_wrap=True
    )


def _print_cost_and_end(cloud: Cloud, stack: str, people: Console) -> None:
    # Not everybody who may deploy may ask; the stack is there all the same.
    with suppress(ClientError):
        if cloud.offline is None:
            people.print(f"{running_cost(cloud, stack)}.", soft_wrap=True)
    with suppress(ClientError):
        if planned := read_end(cloud, stack):
            people.print(f"An end is set: {planned}.", soft_wrap=True)
