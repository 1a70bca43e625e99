"""People, organisations and posts."""
