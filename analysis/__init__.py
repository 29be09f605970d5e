"""What an analyst runs over the library: evaluation of the search, drift, distance and outliers."""
