"""The portal's own settings, with what a test run must not share with a running portal.

Nothing here switches a check, a middleware or an app off: only places (database, media, cache keys) and the password
hasher differ.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

_PLACE = Path(tempfile.mkdtemp(prefix="nuanxin-tests-"))
atexit.register(shutil.rmtree, _PLACE, ignore_errors=True)
os.environ["MEDIA_ROOT"] = str(_PLACE / "media")
os.environ["CODE_KEYS_DIR"] = str(_PLACE / "keys")
os.environ.setdefault("DATABASE_URL", f"sqlite:///{_PLACE / 'unused.sqlite3'}")
os.environ.setdefault("REDIS_PREFIX", f"nuanxin-tests-{os.getpid()}")

from portal.settings import *  # noqa: E402, F403
from portal.settings import DATABASES  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file and not memory: threads then meet the same locks as in a running portal.
    DATABASES["default"]["TEST"] = {"NAME": str(_PLACE / "test.sqlite3")}
    DATABASES["default"]["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"
else:
    # Live-server threads end with their request; a kept connection would block dropping the database.
    DATABASES["default"]["CONN_MAX_AGE"] = 0
    DATABASES["default"]["TEST"] = {
        "NAME": os.environ.get("TEST_DATABASE_NAME", f"test_nuanxin_{os.getpid()}")
    }
