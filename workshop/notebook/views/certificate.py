"""The certificate in the notebook and as a page to print. Only what was recorded is claimed."""

from workshop.notebook.certificate import CertificateFacts
from workshop.notebook.markup.display import Shown
from workshop.notebook.markup.html import Html, element
from workshop.notebook.markup.texts import plural
from workshop.notebook.views.cards import pill

__all__ = ["draw_certificate", "printable_page"]

COURSE = "Exactly once: near real-time risk aggregation on AWS"
LEARNT = (
    "has built a serverless pipeline of Kinesis, Lambda and DynamoDB, broken it with duplicates, crashes and "
    "redelivered batches, and repaired it until its totals were exact to the cent"
)
MOST_NAMED = 3
# A page of its own, for paper: no theme, no script, nothing from elsewhere.
PAGE_STYLE = """
@page{size:A4 landscape;margin:0}
body{margin:0;background:#eef1f4;color:#1f2328;font:16px/1.6 Georgia,"Times New Roman",serif}
main{box-sizing:border-box;width:277mm;max-width:96vw;min-height:186mm;margin:12px auto;padding:16mm 20mm;
background:#fff;border:3px double #0a58b9;text-align:center;
display:flex;flex-direction:column;justify-content:center;align-items:center}
h1{font-size:30px;font-weight:400;letter-spacing:.06em;margin:0 0 4mm;color:#0a58b9}
.name{font-size:40px;border-bottom:1px solid #59636e;display:inline-block;padding:0 12mm;margin:2mm 0 5mm}
dl{display:grid;width:100%;grid-template-columns:repeat(auto-fit,minmax(32mm,1fr));gap:5mm;margin:9mm 0}
div{display:flex;flex-direction:column-reverse}
dt{font-size:13px;color:#59636e}dd{margin:0;font-size:27px;font-variant-numeric:tabular-nums}
.soft{font-size:13px;color:#59636e}
@media print{body{background:#fff}main{margin:11mm auto 0;max-width:none}}
""".strip()


def draw_certificate(facts: CertificateFacts, file: str) -> Shown:
    """Return the certificate as a display; `file` is the page that can be printed."""
    label, tone = ("✓ Complete", "ok") if facts.is_complete else ("◐ On the way", "info")
    open_ones, days = _open(facts), _days(facts)
    parts = [
        pill(label, tone),
        element("p", COURSE, class_="course"),
        element("p", facts.name, class_="name"),
        element("p", _claim(facts)),
        _drawn_figures(facts),
        element("p", days, class_="soft"),
        element("p", open_ones, class_="soft") if open_ones else None,
        element("p", "A page to print: ", element("a", file, href=f"../{file}"), "."),
    ]
    told = " · ".join(f"{figure} {words}" for words, figure in _figures(facts))
    text = [f"{label}: {facts.name} · {COURSE}", told, days, open_ones, f"A page to print: {file}."]
    return Shown(element("div", *parts, class_="diploma", role="status"), "\n".join(filter(None, text)))


def printable_page(facts: CertificateFacts) -> str:
    """Return a whole HTML document for printing."""
    body = element(
        "main",
        element("h1", COURSE),
        element("p", "This certifies that"),
        element("p", facts.name, class_="name"),
        element("p", _claim(facts)),
        _drawn_figures(facts),
        element("p", _days(facts), class_="soft"),
    )
    head = element(
        "head",
        Html('<meta charset="utf-8">'),
        element("title", f"{COURSE}: {facts.name}"),
        element("style", Html(PAGE_STYLE)),
    )
    return f"<!doctype html>\n{element('html', head, element('body', body), lang='en')}\n"


def _claim(facts: CertificateFacts) -> str:
    if facts.is_complete:
        return LEARNT
    return f"has solved {plural(len(facts.solved), 'exercise')} of this course"


def _drawn_figures(facts: CertificateFacts) -> Html:
    pairs = [(element("dt", words), element("dd", str(figure))) for words, figure in _figures(facts)]
    return element("dl", *(element("div", *pair) for pair in pairs))


def _figures(facts: CertificateFacts) -> list[tuple[str, int]]:
    solved, checked = len(facts.solved), facts.attempts
    figures = [
        (f"{_noun(solved, 'exercise')} solved", solved),
        ("of them without help", facts.without_help),
        (f"{_noun(checked, 'answer')} checked", checked),
    ]
    if facts.answered:
        figures.append((f"of {plural(facts.answered, 'question')} answered right", facts.right))
    return figures


def _noun(count: int, word: str) -> str:
    return plural(count, word).partition(" ")[2]


def _open(facts: CertificateFacts) -> str:
    """Say what is open: titles hold commas, so semicolons stand between them."""
    more = len(facts.open) - MOST_NAMED
    named = [*facts.open[:MOST_NAMED], *([f"and {more} more"] if more > 0 else [])]
    return f"Still open: {'; '.join(named)}." if named else ""


def _days(facts: CertificateFacts) -> str:
    if facts.first_day is None or facts.last_day is None:
        return "Nothing has been checked yet."
    if facts.first_day == facts.last_day:
        return f"{facts.last_day:%d %B %Y}"
    days = plural((facts.last_day - facts.first_day).days + 1, "day")
    return f"{facts.first_day:%d %B %Y} to {facts.last_day:%d %B %Y}, {days}"
