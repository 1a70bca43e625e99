"""A kind of listing that exists for one test: a folder, and three lines in `settings.py`, `urls.py` and `api.py`."""
