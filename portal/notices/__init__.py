"""Notices: the one place from which people are told, on the portal, by text message and by e-mail."""
