"""A class in a notebook: joining, calls for help, and where the class is."""
