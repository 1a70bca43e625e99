"""Search over every kind: understand what was typed, find, rank, correct, suggest."""
