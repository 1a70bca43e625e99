"""Tools for running, checking and testing the portal. Nothing in the portal imports them."""
