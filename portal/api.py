"""The router of the partner API: one line per resource."""

from rest_framework.routers import SimpleRouter

router = SimpleRouter()
