"""DynamoDB's expressions: read once by their text, checked against their values, evaluated on items.

AWS checks an expression completely before it looks at an item: syntax, names, values, the number and the
types of operands. Sources:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html and
Expressions.UpdateExpressions.html there; the messages are those that AWS sends, as far as they are recorded
in https://github.com/mhart/dynalite.

moto reads each expression several times per call, answers 500 to many that are wrong, and evaluates some of
the right ones differently. This package has nothing of moto but its values (`DynamoType`) and its error.
"""
