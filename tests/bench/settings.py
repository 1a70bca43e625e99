"""The portal's settings for measuring: no debugging, a limit nobody reaches, and the peers' addresses."""

from pathlib import Path

from portal.settings import *  # noqa: F403
from portal.settings import LOGGING, TEMPLATES

DEBUG = False
ALLOWED_HOSTS = ["localhost"]
SECURE_SSL_REDIRECT = False
ROOT_URLCONF = "tests.bench.urls"
API_ANONYMOUS_PER_MINUTE = API_KEY_PER_MINUTE = 10**9
TEMPLATES[0]["DIRS"] = [*TEMPLATES[0]["DIRS"], Path(__file__).parent / "templates"]  # type: ignore[list-item]
STORAGES = {
    **STORAGES,  # noqa: F405
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
LOGGING["root"]["level"] = "ERROR"  # type: ignore[index]
