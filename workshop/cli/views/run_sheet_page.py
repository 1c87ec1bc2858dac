"""The run sheets as one page to print: plain HTML, with room to tick off what is done."""

from collections.abc import Sequence
from html import escape

from workshop.cli.course.run_sheet import RunSheet

__all__ = ["draw_page"]

STYLE = (
    "body{font:12pt/1.4 sans-serif;margin:2em auto;max-width:46em}"
    "table{border-collapse:collapse;width:100%}"
    "td,th{border-bottom:1px solid #999;padding:.2em .6em;text-align:left}"
    "section{break-after:page}"
)


def draw_page(sheets: Sequence[RunSheet]) -> str:
    """Return a page with a table for each run sheet."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Run sheet</title>'
        f"<style>{STYLE}</style></head><body>\n{''.join(map(_draw, sheets))}</body></html>\n"
    )


def _draw(sheet: RunSheet) -> str:
    rows = "".join(
        f"<tr><td>☐</td><td>{step.begin // 60}:{step.begin % 60:02}</td><td>{step.minutes}</td>"
        f"<td>{escape(f'{step.notebook} {step.what}'.strip() if step.notebook else step.what)}</td></tr>\n"
        for step in sheet.steps
    )
    left_out = f"<p>Left for home: {escape(', '.join(sheet.left_out))}.</p>" if sheet.left_out else ""
    head = "<tr><th>done</th><th>from</th><th>minutes</th><th>what</th></tr>"
    return (
        f"<section><h1>{sheet.minutes} minutes, {sheet.in_hand} of them in hand</h1>\n"
        f"<table>{head}\n{rows}</table>{left_out}</section>\n"
    )
