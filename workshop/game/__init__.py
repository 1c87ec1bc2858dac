"""The scored game: rounds played, judged and explained."""
