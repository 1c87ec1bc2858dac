"""Questions of notebook 99: what stays behind."""

from workshop.course.question import Question

__all__ = ["QUESTIONS"]

QUESTIONS = (
    Question(
        "what-a-stack-takes-along",
        "You delete the stack. What does CloudFormation delete with it?",
        (
            "Everything that the stack's functions ever used",
            "Everything that the template describes",
            "Everything whose name begins with the name of the stack",
        ),
        answer=1,
        feedback=(
            "It knows the template, not what somebody did with its resources.",
            (
                "What you made by hand beside it (a role, an alarm, "
                "a mapping) stays, unless somebody deletes it."
            ),
            "Names mean nothing to it. It keeps a list of what it made.",
        ),
    ),
)
