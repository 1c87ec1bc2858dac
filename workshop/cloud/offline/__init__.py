"""The offline cloud: moto with corrections behind one lock, and a runtime for functions."""
