"""Keys by which other systems read and write."""
