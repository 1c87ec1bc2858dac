"""Questions as displays: what is asked, what was answered, and what there is to say to it.

In go a question and an answer, out comes a display. Options bear letters, so that nobody has to know whether
counting begins at zero. What is right is not known here before it is told.
"""

from decimal import Decimal, InvalidOperation

from workshop.course.questions.question import Question, Reply
from workshop.notebook.markup.display import Shown
from workshop.notebook.markup.html import Html, code_in, element, join
from workshop.notebook.markup.texts import MINUS, wrapped
from workshop.notebook.views.cards import card, pill

__all__ = ["LETTERS", "ask", "named", "place_of", "reply_card", "sealed_card"]

LETTERS = "ABCDEFGHIJ"
LARGEST = Decimal(10) ** 15


def ask(question: Question, *, kind: str, call: str) -> Shown:
    """Return the question; `call` is how to answer it without buttons."""
    title = element("div", pill(f"? {kind}", "info"), class_="row")
    how = f"Without buttons: `{call}`."
    html = card(title, join([_asked(question), element("p", code_in(how), class_="soft")]), status=False)
    lines = [f"{kind}: {question.text}", *_option_lines(question), how.replace("`", "")]
    return Shown(html, "\n".join(wrapped(line) for line in lines))


def sealed_card(question: Question, given: str) -> Shown:
    """Return the question with a prediction that waits for what will be seen."""
    said, further = named(question, given), "Go on and see."
    told = [element("span", "Your prediction is sealed: ", element("strong", said)), element("span", further)]
    title = element("div", pill("◆ Sealed", "info"), *told, class_="row plainly")
    text = f"{question.text}\nYour prediction is sealed: {said}. {further}"
    return Shown(card(title, _asked(question, given)), text)


def reply_card(question: Question, given: str | None, reply: Reply, *, value: str | None) -> Shown:
    """Return what there is to say; `given` is the answer, `value` what was seen, None if there is none."""
    sign, word, tone = _verdict(question, reply, given)
    facts = []
    if given is not None:
        facts.append(("You said", named(question, given)))
    if value is not None:
        facts.append(("It is", named(question, value)))
    told = [element("span", f"{name}: ", element("strong", text)) for name, text in facts]
    title = element("div", pill(f"{sign} {word}", tone), *told, class_="row plainly")
    said = element("p", code_in(reply.feedback), class_="prose") if reply.feedback else Html("")
    html = card(title, join([element("p", code_in(question.text), class_="soft"), said]), tone=tone)
    lines = [f"{sign} {word}: {question.text}", *(f"{name}: {text}" for name, text in facts)]
    return Shown(html, "\n".join(wrapped(line) for line in [*lines, reply.feedback] if line))


def place_of(question: Question, given: object) -> str:
    """Return an answer as it is judged and kept: the place of an option, or a number.

    A letter names an option; a number is its place, counted from 0.

    Raises:
        ValueError: it names no option, or is no number.
    """
    text = str(given).strip()
    letters = LETTERS[: len(question.options)]
    if question.options and len(text) == 1 and text.upper() in letters:
        return str(letters.index(text.upper()))
    if question.options and not text.isdecimal():
        raise ValueError(
            f"`{given}` is no option of this question; answer with a letter: {', '.join(letters)}"
        )
    if not question.options:
        _number(text)
    elif int(text) >= len(question.options):
        raise ValueError(
            f"`{given}` is no option of this question; answer with a letter: {', '.join(letters)}"
        )
    return text


def _number(text: str) -> Decimal:
    try:
        number = Decimal(text.replace(",", ""))
    except InvalidOperation:
        number = Decimal("NaN")
    # What is larger is no answer to any question, and fills the page.
    if not (number.is_finite() and abs(number) < LARGEST):
        raise ValueError(f"`{text}` is not a number; write it with digits and a point")
    return number


def named(question: Question, given: str) -> str:
    """Return an answer as people read it: an option with its letter and text, a number with its commas."""
    if question.options:
        place = int(given)
        return f"{LETTERS[place]} · {question.options[place]}"
    return f"{_number(given):,f}".replace("-", MINUS)


def _verdict(question: Question, reply: Reply, given: str | None) -> tuple[str, str, str]:
    if given is not None and question.answer is None and not question.options and not reply.is_right:
        return "◆", "Measured", "info"  # what was measured makes no guess wrong
    if given is None:
        return "◆", "The answer", "info"
    if reply.is_right is None:
        return "◆", "Noted", "info"
    return ("✓", "Right", "ok") if reply.is_right else ("✗", "Not quite", "warn")


def _asked(question: Question, given: str | None = None) -> Html:
    chosen = int(given) if given is not None and question.options else None
    options = [
        element(
            "li",
            element("strong", f"{LETTERS[place]} ", class_="letter"),
            code_in(text),
            element("span", " ◆ your prediction", class_="word info") if place == chosen else None,
        )
        for place, text in enumerate(question.options)
    ]
    text = element("p", code_in(question.text), class_="prose")
    return join([text, element("ul", *options, class_="plain ws-options") if options else Html("")])


def _option_lines(question: Question) -> list[str]:
    return [f"  {LETTERS[place]}  {text}" for place, text in enumerate(question.options)]
