"""A class on Kubernetes: images and values for Zero to JupyterHub, and what they run."""
