"""The tests of the whole portal."""
