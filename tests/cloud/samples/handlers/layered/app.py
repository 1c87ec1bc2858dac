"""A handler whose code lies in a layer."""

from shared.orders import save


def lambda_handler(event, context):
    return save(event["detail"])
