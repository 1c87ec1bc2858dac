"""Charts: plotly's, for what stands still."""
