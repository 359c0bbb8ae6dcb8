"""impact.com's HTTP API for brands: one module per resource, all on one client."""
