"""Programs that a benchmark starts in a process of its own: one JSON argument in, one JSON document out."""
