"""The groups of `ws` that show nothing, such as `ws.aws`, and `ws` as cells have it outside a notebook."""
