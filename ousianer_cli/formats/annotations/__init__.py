"""Documents with names marked by a run, gold or a person: one structure, read and written in any format."""
