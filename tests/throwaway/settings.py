"""The tests' settings and one line more."""

from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.throwaway"]
ROOT_URLCONF = "tests.throwaway.urls"
