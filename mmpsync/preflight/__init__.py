"""Before launch: whether impact.com's ClickId and everything the brand pays on will arrive."""
