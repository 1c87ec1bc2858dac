"""A class that listens: many stateful stacks with nothing to do, in one cloud and in as many clouds."""

from collections.abc import Callable
from contextlib import ExitStack

from workshop.bench.clouds import MeasuredCloud, measured_cloud
from workshop.bench.figures import Figure, figure
from workshop.bench.plan import Plan
from workshop.bench.processes import Meter
from workshop.clock import SystemClock, stopwatch
from workshop.deploy.stacks import deploy

__all__ = ["measure_idle"]

ONE_CLOUD = "one_cloud"


def measure_idle(plan: Plan, progress: Callable[[str], None]) -> tuple[Figure, ...]:
    """Deploy stacks, and look at what they take while nobody uses them."""
    found: tuple[Figure, ...] = ()
    for name, clouds, stacks in ((ONE_CLOUD, 1, plan.idle_stacks), ("own_clouds", plan.idle_stacks, 1)):
        with ExitStack() as open_clouds:
            running = []
            for number in range(clouds):
                progress(f"deploying {number * stacks + 1} of {plan.idle_stacks}")
                running.append(open_clouds.enter_context(measured_cloud()))
                _deploy(running[-1], stacks, progress)
            progress(f"{plan.idle_stacks} stacks in {clouds} clouds: nothing happens")
            found += _idle(name, running, plan)
    return found


def _deploy(measured: MeasuredCloud, stacks: int, progress: Callable[[str], None]) -> None:
    for number in range(stacks):
        deploy(measured.cloud, "stateful", stack=f"learner-{number + 1}")
        if stacks > 1:
            progress(f"{number + 1} of {stacks} stacks deployed")


def _idle(name: str, clouds: list[MeasuredCloud], plan: Plan) -> tuple[Figure, ...]:
    meter, clock = Meter([each.pid for each in clouds]), SystemClock()
    before, begun = meter.cpu(), stopwatch()
    clock.sleep(plan.idle_seconds)
    used, seconds = meter.cpu().since(before), stopwatch() - begun
    where = f"{plan.idle_stacks} idle stateful stacks in " + ("one cloud" if name == ONE_CLOUD else "as many")
    memory, percent = meter.memory().of_clouds, used.of_clouds / seconds * 100
    return (
        figure(f"idle.{name}.memory", f"memory of {where}", memory, "MB"),
        figure(f"idle.{name}.cpu", f"CPU of {where}", percent, "% of a core"),
    )
