"""The parts of a load, each made, packed and sent by one of several processes, and what became of it.

One process alone waits for itself: while it makes messages it sends none, and its threads share an
interpreter. No trade occurs in two parts, so it does not matter which of them arrives first.
"""

import gc
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context

from workshop.cloud.child_processes import kill_workers
from workshop.cloud.connection import Cloud, connect
from workshop.pipeline.demo import SENDING
from workshop.pipeline.messages import MessagePlan, PlanOptions, make_plan
from workshop.pipeline.producer.packing import Packing
from workshop.pipeline.producer.producer import ProducerOptions, SendProgress, produce
from workshop.pipeline.truth import Truth, stateful_truth, stateless_truth

__all__ = ["SentPart", "Stream", "send", "sending_processes"]

# As many as there are cores on the machine for which floors and goals are meant.
PROCESSES = 2


@dataclass(frozen=True)
class Stream:
    """The stream that the messages of a pipeline go into, and how they are packed."""

    pipeline: str
    name: str
    packing: Packing | None


@dataclass(frozen=True)
class SentPart:
    """What became of a part: how many messages were accepted, whether all were, and their truth."""

    accepted: int
    is_complete: bool
    truth: Truth


def send(
    cloud: Cloud,
    stream: Stream,
    plan: MessagePlan,
    *,
    rate: float | None = None,
    on_progress: Callable[[SendProgress], None] | None = None,
) -> SentPart:
    """Send a part, as fast as it goes or at an even `rate` of messages a second."""
    produced = produce(
        cloud.client("kinesis"),
        stream.name,
        plan.entries,
        options=ProducerOptions(SENDING.threads, rate, stream.packing),
        on_progress=on_progress,
    )
    truth_of = stateless_truth if stream.pipeline == "stateless" else stateful_truth
    return SentPart(len(produced.accepted), not produced.refused, truth_of(produced.messages))


@contextmanager
def sending_processes(
    cloud: Cloud, stream: Stream, parts: Sequence[PlanOptions]
) -> Iterator[Callable[[], Iterator[SentPart]]]:
    """Yield what sends the parts, by processes that are ready and have made their first parts already."""
    shares = [share for first in range(PROCESSES) if (share := parts[first::PROCESSES])]
    pools = [
        ProcessPoolExecutor(
            1,
            # Not forked: this process has threads.
            get_context("spawn"),
            initializer=partial(_begin, cloud.endpoint, cloud.region, stream, share[0]),
        )
        for share in shares
    ]
    try:
        for ready in [pool.submit(_is_ready) for pool in pools]:
            ready.result()
        yield lambda: _sent(pools, shares)
    except BaseException:
        # Whoever has had enough does not wait for what is on its way.
        for pool in pools:
            kill_workers(pool)
        raise
    finally:
        for pool in pools:
            pool.shutdown(cancel_futures=True)


def _sent(
    pools: Sequence[ProcessPoolExecutor], shares: Sequence[Sequence[PlanOptions]]
) -> Iterator[SentPart]:
    under_way = [
        pool.submit(_send, part) for pool, share in zip(pools, shares, strict=True) for part in share
    ]
    for done in as_completed(under_way):
        yield done.result()


@dataclass
class _Process:
    """What a sending process has: its cloud, where to send, and a part that is made already."""

    cloud: Cloud
    stream: Stream
    ready: MessagePlan


_HERE: list[_Process] = []


def _begin(endpoint: str | None, region: str, stream: Stream, first: PlanOptions) -> None:
    # A terminal tells all processes of Ctrl-C, and the one that measures ends these.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A message refers to no other, and to look for garbage among so many takes a tenth of the time.
    gc.disable()
    cloud = connect("offline", endpoint=endpoint, region=region)
    cloud.client("kinesis")
    _HERE[:] = [_Process(cloud, stream, make_plan(first))]


def _is_ready() -> bool:
    return bool(_HERE)


def _send(part: PlanOptions) -> SentPart:
    here = _HERE[0]
    return send(here.cloud, here.stream, here.ready if here.ready.options == part else make_plan(part))
