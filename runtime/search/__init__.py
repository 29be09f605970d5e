"""Search: words and vectors of passages and questions, both searches in one ranking, and its chance level."""
