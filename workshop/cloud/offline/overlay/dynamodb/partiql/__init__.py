"""PartiQL: statements are read once by their text, and done as the same writes and reads as all others."""
