"""The benchmark: how fast the pipelines and their cloud are, with the limits of the same machine beside."""
