"""The portal beside a stock Django peer over the same rows; `make bench` runs it."""
