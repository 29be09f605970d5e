"""Answers from what was found: sources, quotes, a model's words, and the citations that prove them."""
