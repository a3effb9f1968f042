"""The types of the chart's values, and `values.schema.json` made of them."""
