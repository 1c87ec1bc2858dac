"""The way of a message: producer and truth at its start, tables read back as values at its end."""
