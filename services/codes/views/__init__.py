"""Pages of the courier, the guard and places, and what they ask of the server."""
