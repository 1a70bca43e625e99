"""Backup and restore: the whole city in one folder, and back."""
