"""The clean set to impact.com: planned, sent exactly once, followed to its end."""
