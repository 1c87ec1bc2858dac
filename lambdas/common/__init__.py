"""What the pipelines' functions share; the bundler puts one copy of it into every zip."""
