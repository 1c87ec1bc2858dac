"""The parts of the session `ws`."""
