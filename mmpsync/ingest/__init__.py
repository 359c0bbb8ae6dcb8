"""From files to canonical tables: the only package that knows how each source names things."""
