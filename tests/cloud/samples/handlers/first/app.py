"""The first of two functions: what it returns goes on to the second."""


def lambda_handler(event, context):
    if "id" not in event:
        raise ValueError("an order needs an id")
    return {"id": event["id"]}
