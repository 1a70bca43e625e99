"""Webhooks: partners' systems are told that there is something new; what it is, the change feed says."""
