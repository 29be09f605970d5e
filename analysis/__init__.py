"""The analyst's tools: evaluation of the search, drift, distance and outliers."""
