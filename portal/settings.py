"""Settings, read from the environment; a wrong value refuses to start.

Every variable is listed in docs/settings.md. A plain checkout runs with none of them: SQLite, debug, printed SMS.
"""

from pathlib import Path
from typing import Any

import environ
from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

from portal.environment import address, choice, flag, mail, networks, number, text, words
from portal.running.logs import logging_settings
from portal.tiles import check_tiles, tile_hosts

BASE_DIR = Path(__file__).resolve().parent.parent

DEBUG = flag("DEBUG", True)
SECRET_KEY = text("SECRET_KEY", "only-for-development-and-tests" if DEBUG else "")
if not SECRET_KEY:
    raise ImproperlyConfigured("Set SECRET_KEY: with DEBUG off the portal does not start without one.")
# Keys of before: what was signed or sealed with one is still read (sessions, waiting messages, secrets of webhooks).
SECRET_KEY_FALLBACKS = words("SECRET_KEY_FALLBACKS")
ALLOWED_HOSTS = words("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]", "testserver"] if DEBUG else [])
CSRF_TRUSTED_ORIGINS = words("CSRF_TRUSTED_ORIGINS")

# With DEBUG off everything travels over TLS; a proxy that ends TLS is named by PROXIES, never guessed.
SECURE_SSL_REDIRECT = flag("SECURE_SSL_REDIRECT", not DEBUG)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = number("SECURE_HSTS_SECONDS", 0 if DEBUG else 31_536_000, least=0, most=63_072_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE_HSTS_SECONDS > 0
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT
PROXIES = number("PROXIES", 0, least=0, most=9)
if PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# Limits by address would else take the whole city for one: each proxy adds who asked it to X-Forwarded-For.
ALLAUTH_TRUSTED_PROXY_COUNT = PROXIES

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "portal.running",
    "portal.audit",
    "portal.regions",
    "portal.accounts",
    "portal.notices",
    "portal.partners",
    "portal.listings",
    "portal.upkeep",
    "portal.pages",
    "portal.keeping",
    "housing",
    "canteens",
    "services.stations",
    "services.codes",
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.inlines",
    "portal.sites.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.sitemaps",
    # The list of security keys (allauth) says when each was used in its words.
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "phonenumber_field",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
    "django_tasks",
    "django_tasks_db",
]

MIDDLEWARE = [
    "portal.running.requests.RequestRecord",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "services.codes.apart.CodesApart",
    "portal.pages.compression.TextCompression",
    "portal.running.policy.KeptPolicy",
    "portal.pages.unreadable.NullCharacters",
    "portal.running.choosing.ReadingDatabase",
    # Answers to the API by itself: nothing below is asked for one.
    "portal.listings.api.straight.StraightToApi",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "portal.pages.language.LanguageOfAddress",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "portal.accounts.middleware.ActingPostMiddleware",
    "portal.accounts.middleware.PersonalAnswers",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.pages.context.site",
            ],
        },
    },
]


def _database(name: str, url: str, **options: Any) -> dict[str, Any]:
    """Return one entry of DATABASES, with what each engine needs to hold under load; `options` go to libpq.

    SQLite gets WAL and IMMEDIATE: without them 17 % of the writes of 8 writers failed with "database is locked".
    A PostgreSQL may be several hosts separated by commas, of which one is found that fits.
    """
    found = dict(environ.Env.db_url_config(url)) if "://" in url else {}
    if found.get("ENGINE") not in {"django.db.backends.sqlite3", "django.db.backends.postgresql"}:
        raise ImproperlyConfigured(f"{name} begins with sqlite:/// or postgres://.")
    if found["ENGINE"].endswith("sqlite3"):
        found["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-32000;",
        }
    else:
        found["CONN_HEALTH_CHECKS"] = True
        # A server that vanished without a word must not hold a request until nginx gives up.
        patience = {"connect_timeout": 2, "tcp_user_timeout": 5000, "keepalives_idle": 10}
        found["OPTIONS"] = {**patience, **options, **found.get("OPTIONS", {})}
    # A new SQLite connection has a cold page cache: opening one for each request costs more than reading a list.
    found["CONN_MAX_AGE"] = number("CONN_MAX_AGE", 60, least=0, most=3600)
    return found


DATABASES = {
    "default": _database(
        "DATABASE_URL",
        text("DATABASE_URL", f"sqlite:///{BASE_DIR / 'var' / 'nuanxin.sqlite3'}"),
        target_session_attrs="read-write",
    )
}
# Reads that may be late go to a replica; portal.running.databases says which.
if DATABASE_REPLICA_URL := text("DATABASE_REPLICA_URL"):
    DATABASES["replica"] = _database(
        "DATABASE_REPLICA_URL", DATABASE_REPLICA_URL, target_session_attrs="prefer-standby"
    )
    DATABASES["replica"]["TEST"] = {"MIRROR": "default"}
DATABASE_ROUTERS = ["portal.running.databases.ReplicaRouter"]
REPLICA_MAX_LAG_SECONDS = number("REPLICA_MAX_LAG_SECONDS", 5, least=0, most=3600)
READ_OWN_WRITES_SECONDS = number("READ_OWN_WRITES_SECONDS", 15, least=1, most=3600)
# A compound with 200 buildings is a form of some 1,600 fields.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = address("REDIS_URL", schemes=("redis", "rediss", "unix"))
CACHES: dict[str, Any] = {
    "default": {
        "BACKEND": "portal.running.cache.PatientRedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 0.5},
        "KEY_PREFIX": text("REDIS_PREFIX", "nuanxin"),
    }
    if REDIS_URL
    else {
        "BACKEND": "portal.running.cache.CountingMemory",
        "LOCATION": "nuanxin",
        # The usual 300 would throw cards out as fast as they are made.
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "portal.accounts.backends.PostBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

# Signing in: couriers by phone and a code of six digits, staff by password and a second factor (portal.accounts).
STAFF_SECOND_FACTOR = flag("STAFF_SECOND_FACTOR", not DEBUG)
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "me"
PHONENUMBER_DEFAULT_REGION = "CN"
ACCOUNT_ADAPTER = "portal.accounts.adapter.PhoneAdapter"
ACCOUNT_LOGIN_METHODS = {"phone"}
ACCOUNT_SIGNUP_FIELDS = ["phone*"]
ACCOUNT_SIGNUP_FORM_CLASS = "portal.accounts.signup.CourierSignupForm"
ACCOUNT_FORMS = {
    "confirm_login_code": "portal.accounts.forms.LoginCodeForm",
    "verify_phone": "portal.accounts.forms.PhoneCodeForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = ACCOUNT_PHONE_VERIFICATION_TIMEOUT = 300
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = ACCOUNT_PHONE_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_SESSION_REMEMBER = True
# A whole street can sit behind one carrier address. Codes are limited by portal.accounts.limits instead.
ACCOUNT_RATE_LIMITS = {
    "login": "600/m/ip",
    "signup": "300/m/ip",
    "request_login_code": "",
    "verify_phone": "",
    "login_failed": "300/m/ip,10/300s/key",
}
SMS_PER_ADDRESS_PER_HOUR = number("SMS_PER_ADDRESS_PER_HOUR", 60, least=1, most=100_000)
SMS_PER_MINUTE = number("SMS_PER_MINUTE", 300, least=1, most=100_000)
# Named to whoever gets no code; 12345 is the citizens' line of every city.
HELP_PHONE = text("HELP_PHONE", "12345")
MFA_ADAPTER = "portal.accounts.adapter.SecondFactorAdapter"
MFA_FORMS = {
    "add_webauthn": "portal.accounts.forms.AddKeyForm",
    "edit_webauthn": "portal.accounts.forms.EditKeyForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_TOLERANCE = 1
# Browsers themselves allow WebAuthn on localhost without TLS.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not SECURE_SSL_REDIRECT
# Work that no request waits for; `manage.py db_worker` does it. A row is written in the transaction that causes it.
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default"]}}

SMS_HTTP_URL = address("SMS_HTTP_URL")
SMS_HTTP_TOKEN = text("SMS_HTTP_TOKEN")
SMS_BACKEND = {
    "http": "portal.accounts.sms.HttpBackend",
    "print": "portal.accounts.sms.PrintingBackend",
}[choice("SMS_BACKEND", "http" if SMS_HTTP_URL else "print", ("http", "print"))]
if SMS_BACKEND.endswith("HttpBackend") and not SMS_HTTP_URL:
    raise ImproperlyConfigured("Set SMS_HTTP_URL: SMS_BACKEND is http.")

# E-mail goes to staff alone (portal.notices). Without a server nothing is mailed; under DEBUG it is printed.
_mail = mail("EMAIL_URL")
globals().update(_mail)
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if _mail else 'console'}.EmailBackend"
EMAIL_TIMEOUT = 10
EMAIL_LEAVES = bool(_mail) or DEBUG
DEFAULT_FROM_EMAIL = text("DEFAULT_FROM_EMAIL", "nuanxin@localhost" if not _mail else "")
if not DEFAULT_FROM_EMAIL:
    raise ImproperlyConfigured("Set DEFAULT_FROM_EMAIL: EMAIL_URL is set, and e-mail needs a sender.")

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LOCALE_PATHS = [BASE_DIR / "portal" / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
FORMAT_MODULE_PATH = ["portal.formats"]
USE_TZ = True

STATIC_URL = "static/"
# Whether collectstatic has run: then names are hashed, else files are served from where they lie.
STATIC_BUILT = flag("STATIC_BUILT", not DEBUG)
WHITENOISE_USE_FINDERS = not STATIC_BUILT
STATIC_ROOT = Path(text("STATIC_ROOT", str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [BASE_DIR / "static"]
for _prefix, _dist in {
    "leaflet": "node_modules/leaflet/dist",
    "supercluster": "node_modules/supercluster/dist",
    "uqr": "node_modules/uqr/dist",
    "uuid": "node_modules/uuid/dist",
    "zxing": "node_modules/zxing-wasm/dist/es",
    "zxing-wasm": "node_modules/zxing-wasm/dist/reader",
}.items():
    if (BASE_DIR / _dist).is_dir():
        STATICFILES_DIRS.append((_prefix, BASE_DIR / _dist))  # type: ignore[arg-type]

MEDIA_ROOT = Path(text("MEDIA_ROOT", str(BASE_DIR / "var" / "media")))
# Where pictures are read: at the portal itself, or at the public host of a bucket or a cache before it.
MEDIA_HOST = address("MEDIA_HOST")
MEDIA_URL = f"{MEDIA_HOST}/" if MEDIA_HOST else "/media/"
STORAGES: dict[str, Any] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "public": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": MEDIA_ROOT / "public", "base_url": MEDIA_URL},
    },
    "private": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": MEDIA_ROOT / "private", "base_url": None},
    },
    # What everybody may have and the portal makes anew: the daily dumps. No backup keeps them.
    "exports": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": MEDIA_ROOT / "exports", "base_url": None, "allow_overwrite": True},
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if not STATIC_BUILT
        else "portal.storage.HashedStaticStorage"
    },
}

MEDIA_S3_BUCKET = text("MEDIA_S3_BUCKET")
MEDIA_S3_PRIVATE_BUCKET = text("MEDIA_S3_PRIVATE_BUCKET")
if bool(MEDIA_S3_BUCKET) != bool(MEDIA_S3_PRIVATE_BUCKET) or (
    MEDIA_S3_BUCKET and MEDIA_S3_BUCKET == MEDIA_S3_PRIVATE_BUCKET
):
    raise ImproperlyConfigured(
        "Set MEDIA_S3_BUCKET and MEDIA_S3_PRIVATE_BUCKET, to two buckets: private files must not lie among pictures."
    )
MEDIA_S3_EXPORTS_BUCKET = text("MEDIA_S3_EXPORTS_BUCKET")
if MEDIA_S3_EXPORTS_BUCKET and not MEDIA_S3_BUCKET:
    raise ImproperlyConfigured(
        "MEDIA_S3_EXPORTS_BUCKET goes with MEDIA_S3_BUCKET and MEDIA_S3_PRIVATE_BUCKET."
    )
if MEDIA_S3_EXPORTS_BUCKET and MEDIA_S3_EXPORTS_BUCKET in (MEDIA_S3_BUCKET, MEDIA_S3_PRIVATE_BUCKET):
    raise ImproperlyConfigured(
        "Leave MEDIA_S3_EXPORTS_BUCKET out, or name a bucket that is neither of the others."
    )
MEDIA_S3_OPTIONS = {
    "endpoint_url": address("MEDIA_S3_ENDPOINT") or None,
    "region_name": text("MEDIA_S3_REGION") or None,
    "access_key": text("MEDIA_S3_KEY") or None,
    "secret_key": text("MEDIA_S3_SECRET") or None,
    "addressing_style": choice("MEDIA_S3_ADDRESSING", "auto", ("auto", "virtual", "path")),
}
if MEDIA_S3_BUCKET:
    STORAGES["public"] = {
        "BACKEND": "portal.running.buckets.PublicBucket",
        "OPTIONS": {"bucket_name": MEDIA_S3_BUCKET, "base_url": MEDIA_URL, **MEDIA_S3_OPTIONS},
    }
    STORAGES["private"] = {
        "BACKEND": "portal.running.buckets.Bucket",
        "OPTIONS": {"bucket_name": MEDIA_S3_PRIVATE_BUCKET, **MEDIA_S3_OPTIONS},
    }
    STORAGES["exports"] = {
        "BACKEND": "portal.running.buckets.Bucket",
        "OPTIONS": {
            "bucket_name": MEDIA_S3_EXPORTS_BUCKET or MEDIA_S3_PRIVATE_BUCKET,
            "location": "" if MEDIA_S3_EXPORTS_BUCKET else "exports",
            **MEDIA_S3_OPTIONS,
        },
    }

# The issuer's keys of identity codes: never in the database, so that its backup cannot sign (docs/keys.md).
CODE_KEYS_DIR = text("CODE_KEYS_DIR", str(BASE_DIR / "var" / "keys") if DEBUG else "")
CODE_KEYS_PASSPHRASE = text("CODE_KEYS_PASSPHRASE")
# Takes the service workers of /code/ and /guard/ off every phone the next time that it has a signal.
CODE_WORKERS_OFF = flag("CODE_WORKERS_OFF", False)

# The city that this portal serves. Shown in the header and in the API's root document.
CITY_CODE = str(number("CITY_CODE", 3301, least=1000, most=9999))
PORTAL_NAME = _("Nuanxin")
PUBLIC_BASE_URL = address("PUBLIC_BASE_URL", "http://localhost:8000")
# Codes may live on an origin of their own (services.codes.apart); printed place codes carry it.
CODES_BASE_URL = address("CODES_BASE_URL", PUBLIC_BASE_URL)

# The API. Views name their own classes (portal.listings.api.views); these hold for what a library adds.
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["portal.partners.authentication.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],
    "DEFAULT_RENDERER_CLASSES": ["portal.listings.api.renderers.JsonRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "portal.listings.api.problems.answer",
    "NUM_PROXIES": PROXIES or None,
}
SPECTACULAR_SETTINGS = {
    "OAS_VERSION": "3.1.0",
    "TITLE": "暖新 Nuanxin API",
    "DESCRIPTION": (
        "小哥在杭州可以去的地方：公寓、取餐点、驿站、小区。 "
        "Places for couriers and drivers: apartments, canteens, stations, compounds. "
        "Times are Asia/Shanghai; positions are WGS-84 unless `crs` asks otherwise; money is yuan. "
        "Errors are `application/problem+json` with a code and a sentence in Chinese and English."
    ),
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "ENUM_NAME_OVERRIDES": {},
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": [
        "portal.listings.api.schema_hooks.tell_of_limits",
        "portal.listings.api.schema_hooks.complete_requests",
        "portal.listings.api.schema_hooks.name_choices",
        "portal.listings.api.webhook_schema.tell_of_webhooks",
    ],
    "APPEND_COMPONENTS": {
        "securitySchemes": {
            "key": {"type": "http", "scheme": "bearer", "description": "nx_<prefix>_<secret>"}
        }
    },
    "SECURITY": [{}, {"key": []}],
}
# Requests a minute; 0 is no limit.
API_KEY_PER_MINUTE = number("API_KEY_PER_MINUTE", 3000, least=0, most=1_000_000)
API_ANONYMOUS_PER_MINUTE = number("API_ANONYMOUS_PER_MINUTE", 300, least=0, most=1_000_000)
DATA_LICENCE = text("DATA_LICENCE", "CC BY 4.0")
DATA_LICENCE_URL = address("DATA_LICENCE_URL", "https://creativecommons.org/licenses/by/4.0/")

# Hours: how far ahead the interval table is built, and how long an open end counts as open.
INTERVAL_HORIZON_DAYS = number("INTERVAL_HORIZON_DAYS", 14, least=2, most=60)
OPEN_END_MINUTES = number("OPEN_END_MINUTES", 120, least=15, most=480)

# Map tiles; none by default: outlines and the list lead.
MAP_TILES_URL = address("MAP_TILES_URL")
MAP_TILES_SUBDOMAINS = words("MAP_TILES_SUBDOMAINS")
MAP_TILES_ATTRIBUTION = text("MAP_TILES_ATTRIBUTION")
MAP_TILES_REVIEW_NUMBER = text("MAP_TILES_REVIEW_NUMBER")
check_tiles(MAP_TILES_URL, MAP_TILES_SUBDOMAINS, MAP_TILES_ATTRIBUTION, MAP_TILES_REVIEW_NUMBER)
MAP_TILES_DATUM = choice("MAP_TILES_DATUM", "gcj02", ("wgs84", "gcj02"))

# The administration (django-unfold): warm and calm, in the portal's own colours.
UNFOLD: dict[str, Any] = {
    "SITE_TITLE": _("Nuanxin administration"),
    "SITE_HEADER": _("Nuanxin"),
    "SITE_SUBHEADER": _("administration"),
    "SITE_SYMBOL": "wb_twilight",
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_LANGUAGES": False,
    "SHOW_BACK_BUTTON": True,
    "BORDER_RADIUS": "8px",
    "DASHBOARD_CALLBACK": "portal.listings.admin.dashboard.fill",
    "STYLES": [lambda request: static("admin_portal/admin.css")],
    "SIDEBAR": {"show_search": False, "navigation": "portal.listings.admin.navigation.sidebar"},
    "COLORS": {
        "base": {
            "50": "#faf7f2",
            "100": "#f3ede3",
            "200": "#e8dfd0",
            "300": "#d5c9b8",
            "400": "#a99d8e",
            "500": "#7d7266",
            "600": "#5f564d",
            "700": "#47403a",
            "800": "#2e2822",
            "900": "#221e1a",
            "950": "#171411",
        },
        "primary": {
            "50": "#fdf3ec",
            "100": "#fbe6d8",
            "200": "#f6cbb0",
            "300": "#f0a97f",
            "400": "#e9824c",
            "500": "#d9622a",
            "600": "#b8420f",
            "700": "#93330a",
            "800": "#75290b",
            "900": "#5c220c",
            "950": "#3a1407",
        },
    },
}

CONTENT_SECURITY_POLICY = {
    "EXCLUDE_URL_PREFIXES": ["/admin/"],
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [
            SELF,
            "data:",
            "blob:",
            *tile_hosts(MAP_TILES_URL, MAP_TILES_SUBDOMAINS),
            *filter(None, [MEDIA_HOST]),
        ],
        "object-src": [NONE],
        "base-uri": [SELF],
        # A message about the code is opened by a form, which leads to where codes live.
        "form-action": [SELF, *({CODES_BASE_URL} - {PUBLIC_BASE_URL})],
        "frame-ancestors": [NONE],
    },
}
# Unfold evaluates the expressions in its markup; nothing comes from another host all the same.
ADMIN_CONTENT_SECURITY_POLICY = {
    "default-src": [SELF],
    "script-src": [SELF, UNSAFE_EVAL, UNSAFE_INLINE],
    "style-src": [SELF, UNSAFE_INLINE],
    "img-src": CONTENT_SECURITY_POLICY["DIRECTIVES"]["img-src"],  # type: ignore[index]
    "object-src": [NONE],
    "base-uri": [SELF],
    "form-action": [SELF],
    "frame-ancestors": [NONE],
}

# How many nodes serve this portal: the checks at the start need to know.
NODES = number("NODES", 1, least=1, most=1000)
# While this file exists the node says at /readyz that it is about to stop.
DRAIN_FILE = text("DRAIN_FILE")
METRICS_ALLOWED = networks("METRICS_ALLOWED")
# Where webhooks may lie beside the Internet; else nobody makes the portal speak to machines behind the wall.
WEBHOOK_PRIVATE_ADDRESSES = networks("WEBHOOK_PRIVATE_ADDRESSES")
LOG_FORMAT = choice("LOG_FORMAT", "line" if DEBUG else "json", ("line", "json"))
LOGGING = logging_settings(
    LOG_FORMAT,
    choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR")),
    with_requests=flag("LOG_REQUESTS", LOG_FORMAT == "json"),
)
