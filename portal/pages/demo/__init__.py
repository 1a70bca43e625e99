"""The demo city: real named places with their source, and generated ones that say that they are examples."""
