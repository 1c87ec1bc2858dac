"""The sandbox in which submitted code runs: confinement, limits, its only way out."""
