"""What a plan hands to whoever sends it: one conversion a row, as its form parameters, in Arrow batches."""

import pyarrow as pa

__all__ = ["PLAN"]

PLAN = pa.schema(
    [
        ("source_file", pa.string()),
        ("source_row", pa.int64()),
        ("app_id", pa.string()),
        ("event", pa.string()),
        ("partner", pa.string()),
        ("campaign_id", pa.string()),
        ("target", pa.string()),
        ("event_code", pa.string()),
        ("order_id", pa.string()),
        ("click_id", pa.string()),
        ("amount", pa.decimal128(18, 6)),
        ("currency", pa.string()),
        ("fields", pa.map_(pa.string(), pa.string())),
        ("digest", pa.string()),
        ("skipped", pa.string()),
    ]
)
"""A planned conversion.

The ledger's key is (`campaign_id`, `target`, `event_code`, `order_id`); `target` is the tracker or the event type,
"tracker:4001" or "type:12345", and `event_code` is "" where the event type says it all. `fields` are the form
parameters by impact.com's names, complete but for the credentials. `digest` is the SHA-256 of them, 64 hex digits.
`skipped` says why a row cannot be sent; null for those that can, no two of which have the same key.
"""
