"""What a notebook imports: `start`, and the session that it returns."""

from workshop.notebook.session import Workshop, start

__all__ = ["Workshop", "start"]
