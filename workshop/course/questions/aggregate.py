"""Questions of notebook 05: permissions, concurrency and totals."""

from decimal import Decimal

from workshop.course.question import Question

__all__ = ["QUESTIONS"]

QUESTIONS = (
    Question(
        "whose-permission",
        "You are about to connect ReduceTable's stream to ReduceLambda, and you may do everything in this "
        "account. Whose permission to read the stream counts?",
        (
            "Yours",
            "ReduceLambda's own: a function has an identity, its role",
            "Nobody's: stream and function belong to one account",
        ),
        answer=1,
        feedback=(
            "You make the connection, but later on you are not there to read.",
            "The poller reads on behalf of the function, with the function's role.",
            "Inside an account, too, everything is forbidden until a policy allows it.",
        ),
    ),
    Question(
        "two-at-once",
        "Two ReduceLambdas want to add to `Grand Total` at the same moment, each in a transaction. "
        "What does DynamoDB do?",
        (
            "It keeps one of the additions and loses the other",
            "It refuses one of the transactions, which has to come again",
            "It lets the second one wait in line",
        ),
        answer=1,
        feedback=(
            "No: a transaction happens completely or not at all, and nothing is lost in silence.",
            "It is refused with a TransactionConflict, and tried again later: work for nothing.",
            "DynamoDB has no such queue: a transaction that meets another one is refused.",
        ),
    ),
    Question(
        "rows-in-all",
        "There are 2 risk types, 2 desks and 3 regions, and every combination has trades. "
        "How many totals are there, with the Grand Total?",
        answer=Decimal(19),
        feedback="2 risk types + 2 x 2 desks + 2 x 2 x 3 regions + 1 Grand Total = 2 + 4 + 12 + 1 = 19.",
    ),
)
