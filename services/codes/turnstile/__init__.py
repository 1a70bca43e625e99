"""A turnstile as a program of its own: it asks the API of a portal, and goes on without a network.

It uses nothing of the portal's database, so that whoever builds a turnstile can read what one does.
"""
