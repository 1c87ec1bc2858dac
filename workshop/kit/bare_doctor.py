"""`python workshop/bootstrap.py doctor`: looks at a machine before anything is installed."""

import argparse
import json
import sys
from collections.abc import Callable
from io import TextIOWrapper

from workshop.kit import preflight
from workshop.kit.findings import SIGNS, Grade, Preflight, as_document, is_ready
from workshop.kit.installation import check_kit, check_lock, check_room_to_install
from workshop.settings import DEFAULT_PORT

__all__ = ["LAB_PORT", "Check", "examine_bare", "machine_checks", "main"]

LAB_PORT = 8888

Check = Callable[[], Preflight | None]


def main(arguments: list[str]) -> int:
    """Print each finding with what mends it; return 1 if something keeps the workshop from running."""
    parser = argparse.ArgumentParser(prog="bootstrap.py doctor", description="Is this machine ready?")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="port of the offline cloud")
    parser.add_argument("--lab-port", type=int, default=LAB_PORT, help="port of JupyterLab")
    chosen = parser.parse_args(arguments)
    findings = examine_bare(chosen.port, chosen.lab_port)
    ready = is_ready(findings)
    if chosen.json:
        print(json.dumps(as_document(findings), indent=2))
        return 0 if ready else 1
    if isinstance(sys.stdout, TextIOWrapper):
        # An old terminal that knows no ✔ gets a mark instead of an error.
        sys.stdout.reconfigure(errors="replace")
    for finding in findings:
        print(f"{SIGNS[finding.grade]} {finding.check:<18} {finding.seen}")
        if finding.fix:
            print(f"  → {finding.fix}")
    print("\nReady." if ready else f"\nNot ready: mend what is marked with {SIGNS[Grade.PROBLEM]}.")
    return 0 if ready else 1


def examine_bare(port: int, lab_port: int) -> tuple[Preflight, ...]:
    """Return a finding for everything that can be looked at before anything is installed."""
    checks: tuple[Check, ...] = (
        preflight.check_python,
        preflight.check_venv,
        check_lock,
        *machine_checks(),
        lambda: preflight.check_port("Offline cloud", port, "--port"),
        lambda: preflight.check_port("JupyterLab's port", lab_port, "--lab-port"),
        preflight.check_browser,
    )
    return tuple(finding for check in checks if (finding := check()))


def machine_checks() -> tuple[Check, ...]:
    """Return the checks of folders, memory, clock and settings, in the order in which they are told."""
    return (
        check_kit,
        preflight.check_checkout,
        preflight.check_home,
        preflight.check_leftovers,
        preflight.check_disk,
        check_room_to_install,
        preflight.check_memory,
        preflight.check_clock,
        preflight.check_proxy,
        preflight.check_endpoint,
    )
