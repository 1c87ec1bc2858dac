"""The partitions of AWS that a region can lie in; ARNs begin with them, and nothing reaches across.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
"""

__all__ = ["PARTITIONS", "partition_of"]

BEGINNINGS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
PARTITIONS = ("aws", *BEGINNINGS.values())


def partition_of(region: str) -> str:
    """Return the partition of a region.

    >>> [partition_of(region) for region in ("eu-west-1", "cn-north-1", "us-gov-west-1")]
    ['aws', 'aws-cn', 'aws-us-gov']
    """
    return next((name for begin, name in BEGINNINGS.items() if region.startswith(begin)), "aws")
