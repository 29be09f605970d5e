"""Answers from search results: sources, quotes, a model's text, and the citations that prove it."""
