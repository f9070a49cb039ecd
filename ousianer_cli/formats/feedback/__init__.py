"""A person's corrections: the files they come in, and the places they speak of."""
