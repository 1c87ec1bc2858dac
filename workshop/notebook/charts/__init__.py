"""Charts: plotly's for what stands still, our own for what moves."""
