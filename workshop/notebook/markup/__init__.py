"""HTML, styles and plain text that displays are made of."""
