"""A finished check in any format: the formats of a run, over what was found before launch."""
