"""Turns files into pages of paragraphs, code and table rows, each with its place on the page."""
