"""The control room: a run that is watched and steered while it lasts."""
