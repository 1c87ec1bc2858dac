"""The figures of a benchmark as a table in Markdown, and put into the document that shows them."""

from collections.abc import Iterator
from pathlib import Path

from workshop.bench.figures import BenchReport, Figure
from workshop.errors import ConfigurationError

__all__ = ["BEGIN", "END", "amount", "markdown", "write_table"]

BEGIN = "<!-- table of `workshop bench --docs`: begin -->"
END = "<!-- end -->"


def amount(value: float | None, unit: str = "") -> str:
    """Return a figure for readers.

    >>> amount(31000.0, "records/s"), amount(0.123, "s"), amount(None)
    ('31,000 records/s', '0.123 s', '')
    """
    if value is None:
        return ""
    text = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{text} {unit}".strip() if unit != "ratio" else text


def markdown(report: BenchReport) -> str:
    """Return the report as a table, with the machine and how much was measured above it."""
    machine, options = report.machine, report.options
    rows = "\n".join(_rows(report.figures))
    return (
        f"{machine['cores']} cores, {machine['memory_mb']:,} MB, {machine['system']}, "
        f"Python {machine['python']}; plan `{options['plan']}`, `--pack {options.get('pack', 1)}`; "
        f"{'all totals exact' if report.exact else 'NOT EXACT: ' + ', '.join(report.inexact)}.\n\n"
        "| what | measured | at best | what would be at best | floor | goal |\n"
        "|---|---|---|---|---|---|\n"
        f"{rows}\n"
    )


def _rows(figures: tuple[Figure, ...]) -> Iterator[str]:
    for each in figures:
        cells = (
            each.what,
            amount(each.value, each.unit),
            amount(each.limit),
            each.limit_of,
            amount(each.floor),
            amount(each.goal),
        )
        yield "| " + " | ".join(cells) + " |"


def write_table(report: BenchReport, path: Path) -> None:
    """Put the table into a document, between its two marks.

    Raises:
        ConfigurationError: the document is not there, or has no marks.
    """
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ConfigurationError(f"`{path}` has no place for the table; write `{BEGIN}` and `{END}` there")
    path.write_text(f"{before}{BEGIN}\n{markdown(report)}{END}{after}", encoding="utf-8")
