from .records import parse

__all__ = ["parse"]
