"""The producer: planned messages, or those of a file, sent into the stream."""
