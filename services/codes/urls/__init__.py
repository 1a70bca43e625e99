"""The addresses of identity codes: `/code/`, `/guard/` and `/g/`."""
