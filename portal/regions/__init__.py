"""The administrative levels and their codes."""
