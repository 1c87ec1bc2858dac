"""The tables of the commands: without lines, with dim headings."""

from rich.table import Column, Table

__all__ = ["figures", "folded", "lean_table", "unbroken"]


def lean_table(*columns: Column | str) -> Table:
    """Return a table with these columns and no rows."""
    return Table(*columns, box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)


def figures(*headings: str) -> list[Column]:
    """Return columns of numbers, which stand right."""
    return [Column(heading, justify="right") for heading in headings]


def folded(*headings: str) -> list[Column]:
    """Return columns whose texts go on in the next line where there is no room."""
    return [Column(heading, overflow="fold") for heading in headings]


def unbroken(*headings: str) -> list[Column]:
    """Return columns of words that stay whole."""
    return [Column(heading, no_wrap=True) for heading in headings]
