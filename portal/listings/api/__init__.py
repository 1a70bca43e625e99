"""The browse half of the partner API: what every kind's viewset, errors, tags and schema have in common."""
