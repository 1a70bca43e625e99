"""Partners' sources: rows that another system writes under its own numbers, and what an office has changed in them."""
