"""What an analyst runs over the library: evaluation of the search."""
