"""Questions of notebook 01: templates and stacks."""

from workshop.course.question import Question

__all__ = ["QUESTIONS"]

QUESTIONS = (
    Question(
        "two-learners",
        "Two learners deploy this template into the same AWS account, as two stacks. "
        "Which names differ between the stacks?",
        ("The logical ids", "The physical ids", "None: the second stack replaces the first"),
        answer=1,
        feedback=(
            "Logical ids stand in the template, and both learners use the same template.",
            "CloudFormation makes a physical id for each resource of each stack, so the two never meet.",
            "It would if they gave their stacks the same name. Different names make different stacks.",
        ),
    ),
    Question(
        "same-template-again",
        "The stack is there. What happens if the same template is deployed again, with the same parameters?",
        ("Everything is deleted and made again", "A second stack appears", "Nothing changes"),
        answer=2,
        feedback=(
            "CloudFormation compares first, and touches only what differs.",
            "A stack is known by its name; the same name means the same stack.",
            "CloudFormation compares the template with what is there, and finds no difference.",
        ),
    ),
    Question(
        "nothing-connected",
        "Stream, functions and tables exist now. If 100 messages went into the stream at this moment, "
        "how many trades would reach StateTable?",
        ("100", "0", "About half of them"),
        answer=1,
        feedback=(
            "Somebody has to carry them from the stream to the function, and nobody does so yet.",
            "The stream keeps them, and no function hears of them: the connections are missing.",
            "There is no chance in it: a function that is not connected gets nothing at all.",
        ),
    ),
)
