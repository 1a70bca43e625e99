"""What templates ask of upkeep."""
