"""`workshop cloud`: the offline cloud in the foreground and in the background."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.filesize import decimal

from workshop.cli.options import (
    HIGHEST_PORT,
    EndpointOption,
    JsonOption,
    PortOption,
    YesOption,
    agree,
    console,
    print_json,
)
from workshop.cli.views.cloud_status import draw_runtime
from workshop.cloud import background
from workshop.cloud.background import CloudStatus
from workshop.cloud.connection import ENDPOINT_VARIABLE, Cloud, connect
from workshop.cloud.offline_control import OfflineControl
from workshop.errors import CloudNotRunningError, ConfigurationError
from workshop.settings import DEFAULT_HOST, DEFAULT_PORT, DEFAULT_STREAM_MEMORY_MB

__all__ = ["app"]

TAIL_LINES = 15
NOTHING_HERE = (
    "no offline cloud of `{}` runs, and none has kept anything; one started from elsewhere has to be "
    "named with `--endpoint URL`"
)

app = typer.Typer(help="The offline cloud on this machine.", no_args_is_help=True)

HostOption = Annotated[str, typer.Option(help="Address to listen on; beyond loopback only if you say so.")]
StreamMemoryOption = Annotated[
    int | None,
    typer.Option(
        help="How many MB of records streams have in memory, older ones in a file; "
        f"WORKSHOP_STREAM_MEMORY_MB, or {DEFAULT_STREAM_MEMORY_MB}, if not given.",
        show_default=False,
    ),
]
VerboseOption = Annotated[bool, typer.Option("--verbose", help="Log each call.")]


@app.command()
def run(
    *,
    port: PortOption = DEFAULT_PORT,
    host: HostOption = DEFAULT_HOST,
    ephemeral: Annotated[
        bool,
        typer.Option(
            "--ephemeral", help="Keep nothing, write no pid file, and end when standard input closes."
        ),
    ] = False,
    stream_memory_mb: StreamMemoryOption = None,
    verbose: VerboseOption = False,
) -> None:
    """Run the offline cloud in this terminal until Ctrl-C."""
    background.run(
        host,
        port,
        ephemeral=ephemeral,
        verbose=verbose,
        stream_memory_mb=stream_memory_mb,
        announce=_announce,
    )
    if not ephemeral:
        console().print(f"The offline cloud has stopped. {_kept()}", soft_wrap=True)


@app.command()
def start(
    *,
    port: Annotated[
        int | None,
        typer.Option(
            help=f"Port to listen on; {DEFAULT_PORT} unless it runs already.", min=0, max=HIGHEST_PORT
        ),
    ] = None,
    host: HostOption = DEFAULT_HOST,
    stream_memory_mb: StreamMemoryOption = None,
    verbose: VerboseOption = False,
    as_json: JsonOption = False,
) -> None:
    """Start the offline cloud in the background; do nothing if it runs."""
    status = background.start(port, host=host, verbose=verbose, stream_memory_mb=stream_memory_mb)
    if as_json:
        print_json(status.as_document())
    else:
        _print(status)


@app.command()
def stop(*, as_json: JsonOption = False) -> None:
    """Stop the offline cloud that runs in the background; what it holds is kept for the next start."""
    status = background.stop()
    if as_json:
        print_json(status.as_document())
        return
    text = "The offline cloud has stopped." if status.pid else "No offline cloud is running."
    console().print(f"{text} {_kept()}".rstrip(), soft_wrap=True)
    _print_notes(status)


@app.command()
def status(*, as_json: JsonOption = False) -> None:
    """Tell whether the offline cloud runs, where, and what its functions and mappings are doing."""
    now = background.status()
    runtime = OfflineControl(now.url).runtime() if now.is_running and now.url else None
    if as_json:
        print_json(now.as_document() | {"runtime": runtime})
        return
    _print(now)
    if runtime is not None:
        people = console()
        people.print(draw_runtime(runtime, width=people.width))


@app.command()
def reset(*, yes: YesOption = False, as_json: JsonOption = False, endpoint: EndpointOption = None) -> None:
    """Delete everything in the offline cloud and in its kept state: stacks, tables, streams, logs.

    A cloud that was started from elsewhere is left alone, unless `--endpoint` or AWS_ENDPOINT_URL names it.
    """
    connected = _cloud_to_empty(endpoint)
    if connected is None:
        agree(f"This deletes what the offline cloud has kept in {background.kept_path()}.", yes=yes)
        background.forget()
        if as_json:
            print_json({"endpoint": None, "kept_file": str(background.kept_path())})
        else:
            console().print("What the offline cloud had kept is deleted; its next start is an empty one.")
        return
    agree(f"This deletes every stack in the offline cloud at {connected.endpoint}, with all data.", yes=yes)
    if connected.offline is not None:
        connected.offline.reset()
    if as_json:
        print_json({"endpoint": connected.endpoint, "kept_file": None})
    else:
        console().print(f"The offline cloud at {connected.endpoint} is empty.", soft_wrap=True)


@app.command()
def logs(*, lines: Annotated[int | None, typer.Option(help="Only the last N lines.", min=0)] = None) -> None:
    """Print the log of the offline cloud in the background."""
    text = background.read_logs(lines)
    if text:
        print(text, end="")
    else:
        console(stderr=True).print(f"{background.log_path()} is empty.", soft_wrap=True)


def _cloud_to_empty(endpoint: str | None) -> Cloud | None:
    """Return the cloud that is named, or this home's own; None if that has ended and kept something.

    What only listens at the usual port may be the work of somebody else.
    """
    is_named = endpoint is not None or os.environ.get(ENDPOINT_VARIABLE)
    if is_named or background.status().state not in {background.STOPPED, background.CRASHED}:
        try:
            return connect("offline", endpoint=endpoint)
        except CloudNotRunningError:
            if endpoint is not None or not background.kept_bytes():
                raise
    if not background.kept_bytes():
        raise ConfigurationError(NOTHING_HERE.format(background.kept_path().parent))
    return None


def _announce(url: str, pid_file: Path | None) -> None:
    people = console()
    people.print(f"[bold]OFFLINE[/] cloud at {url}; nothing here costs anything.", soft_wrap=True)
    if pid_file is None:
        other = background.status().url
        why = (
            f"Commands go to the cloud at {other}, which ran before"
            if other
            else f"No pid file can be written in {background.pid_path().parent}"
        )
        people.print(f"{why}; use `--endpoint {url}` for this one.", soft_wrap=True)
    else:
        people.print(f"pid file: {pid_file}; the log appears here.", soft_wrap=True)
    people.print("Ctrl-C stops it.")


def _kept() -> str:
    """Say what is kept, and how to be rid of it; nothing if nothing is."""
    if not (size := background.kept_bytes()):
        return ""
    return (
        f"What it held is kept ({decimal(size)}): `workshop cloud start` brings it back, "
        "`workshop cloud reset` forgets it."
    )


def _print(status: CloudStatus) -> None:
    people = console()
    if status.is_running:
        since = datetime.fromtimestamp(status.started or 0, tz=UTC).astimezone().strftime("%H:%M:%S")
        people.print(f"[bold]OFFLINE[/] cloud at {status.url}; nothing here costs anything.", soft_wrap=True)
        people.print(f"process {status.pid}, version {status.version}, running since {since}")
        people.print(f"pid file: {background.pid_path()}", soft_wrap=True)
        people.print(f"log file: {background.log_path()}", soft_wrap=True)
        size = decimal(background.kept_bytes())
        people.print(f"state file, kept when it ends: {background.kept_path()}, {size}", soft_wrap=True)
    elif status.state == background.STOPPED:
        people.print("No offline cloud is running; start one with `workshop cloud start`.")
        if kept := _kept():
            people.print(kept, soft_wrap=True)
    else:
        _print_trouble(status)
    _print_notes(status)


def _print_trouble(status: CloudStatus) -> None:
    people = console()
    people.print(
        f"The offline cloud at {status.url} (process {status.pid}) is {status.state}.", soft_wrap=True
    )
    people.print(f"Its log {background.log_path()} ends with:", soft_wrap=True)
    print(background.read_logs(TAIL_LINES).rstrip() or "(nothing)")
    brings = "which brings back what was in it" if background.kept_bytes() else "what was in it is gone"
    people.print(f"Start it anew with `workshop cloud start`, {brings}.", soft_wrap=True)


def _print_notes(status: CloudStatus) -> None:
    for note in status.notes:
        console().print(f"Note: {note}.", soft_wrap=True)
