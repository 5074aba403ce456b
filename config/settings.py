"""Settings, all from the environment or a `.env` file; without any, production's strictness.

DEBUG          demo mode: key and database made under var/, the staff's second factor waived (default off)
SECRET_KEY     needed where several machines serve one Scrip; default: made once, kept under var/
DATABASE_URL   default: SQLite under var/
REDIS_URL      cache and Celery's broker; default: this process's memory and a broker of files under var/
PUBLIC_URL     where people reach Scrip, for links in mails (default http://localhost:PORT)
ALLOWED_HOSTS, CSRF_TRUSTED_ORIGINS, EMAIL_URL, EMAIL_FROM, LOG_LEVEL, HTTPS, PROXIES, DATABASE_POOL,
PREPARED_STATEMENTS
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

import environ
from celery.schedules import crontab
from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _

from config import logs

BASE_DIR = Path(__file__).resolve().parent.parent
VAR = BASE_DIR / "var"
VAR.mkdir(exist_ok=True)

env = environ.Env()
env.read_env(BASE_DIR / ".env")

DEBUG: bool = env.bool("DEBUG", default=False)


def _made_key() -> str:
    """The key of this machine, made once; only its owner may read it."""
    path = VAR / "secret_key"
    try:
        path.touch(mode=0o600, exist_ok=False)
        path.write_text(secrets.token_urlsafe(64))
    except FileExistsError:
        pass
    return path.read_text() or secrets.token_urlsafe(64)


SECRET_KEY: str = env.str("SECRET_KEY", default="") or _made_key()
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "apps.staff",  # before the admin, whose templates it replaces
    "apps.portal",
    "apps.api",
    "apps.demo",
    "apps.support",
    "apps.notifications",
    "apps.hosting",
    "apps.usage",
    "apps.plans",
    "apps.allocations",
    "apps.wallets",
    "apps.organisations",
    "apps.ledger",
    "apps.pricing",
    "apps.jobs",
    "apps.events",
    "apps.identity",
    "apps.core",
    "config.apps.StaffAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_htmx",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

MIDDLEWARE = [
    "config.logs.RequestLog",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "csp.context_processors.nonce",
                "apps.portal.context.appearance",
            ],
        },
    },
]

# --- database -------------------------------------------------------------------------------------

SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",  # a lock taken late in a transaction fails at once instead of waiting
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA recursive_triggers=ON;",
}


PREPARED_FROM = 2
"""From so many times on PostgreSQL remembers a statement that `apps.core.sql` sends often."""
SESSION = "-c plan_cache_mode=force_generic_plan -c jit=off"
"""One plan for all values; and no compiling, which takes longer than most of what is asked here."""


def _database() -> dict[str, Any]:
    database: dict[str, Any] = env.db_url("DATABASE_URL", default=f"sqlite:///{VAR / 'scrip.sqlite3'}")
    options = database.setdefault("OPTIONS", {})
    if database["ENGINE"] == "django.db.backends.sqlite3":
        options.update(SQLITE_OPTIONS)
        return database
    if env.bool("PREPARED_STATEMENTS", default=True):
        options["prepare_threshold"] = PREPARED_FROM
        options["options"] = f"{options.get('options', '')} {SESSION}".strip()
    pool = env.int("DATABASE_POOL", default=0)
    if pool:
        options["pool"] = {"min_size": 1, "max_size": pool, "timeout": 10}
    else:
        database.update(CONN_MAX_AGE=60, CONN_HEALTH_CHECKS=True)
    return database


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- cache and jobs -------------------------------------------------------------------------------

REDIS_URL: str = env.str("REDIS_URL", default="")

CACHES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 10_000}}
}

CELERY_BROKER_URL = REDIS_URL or "filesystem://"
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR / "celerybeat-schedule")
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "carry runs on": {"task": "jobs.carry_on", "schedule": 5.0, "options": {"expires": 5}},
    "tell events": {"task": "events.deliver", "schedule": 5.0, "options": {"expires": 5}},
    "expire holds": {"task": "usage.expire_holds", "schedule": crontab(), "options": {"expires": 60}},
    "begin cycles": {"task": "wallets.reset_free_tokens", "schedule": crontab(), "options": {"expires": 60}},
    "bill months": {"task": "hosting.bill_months", "schedule": crontab(), "options": {"expires": 60}},
    "settle bills": {"task": "hosting.settle_bills", "schedule": crontab(), "options": {"expires": 60}},
    "issue usage statements": {
        "task": "usage.issue_statements",
        "schedule": crontab(minute="*/10"),
        "options": {"expires": 600},
    },
    "repeat allocations": {
        "task": "allocations.carry_out_recurring",
        "schedule": crontab(),
        "options": {"expires": 60},
    },
    "forget told events": {"task": "events.purge", "schedule": crontab(hour="3", minute="10")},
    "verify the ledger": {"task": "ledger.verify_ledger", "schedule": crontab(hour="2", minute="30")},
}
if not REDIS_URL:
    (VAR / "broker").mkdir(exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(VAR / "broker"),
        "data_folder_out": str(VAR / "broker"),
        "control_folder": str(VAR / "broker"),
    }

# --- people ---------------------------------------------------------------------------------------

AUTH_USER_MODEL = "identity.User"
AUTHENTICATION_BACKENDS = ["config.accounts.RoleBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "config.accounts.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_MODEL_EMAIL_FIELD = "email"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("PROXIES", default=0)
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "Scrip"
STAFF_SECOND_FACTOR = not DEBUG

# --- the browser's safety -------------------------------------------------------------------------

HTTPS: bool = env.bool("HTTPS", default=not DEBUG)
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
if ALLAUTH_TRUSTED_PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],  # the second factor's QR code is a data address
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# --- the API --------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],  # each view names its own
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "apps.api.problems.exception_handler",
    "UNAUTHENTICATED_USER": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Scrip",
    "DESCRIPTION": "Estimate, hold, charge and refund tokens; read wallets and prices.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "POSTPROCESSING_HOOKS": ["apps.api.schema.complete"],
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}
API_FAILED_KEYS_PER_MINUTE: int = env.int("API_FAILED_KEYS_PER_MINUTE", default=120)
API_REQUESTS_PER_MINUTE: int = env.int("API_REQUESTS_PER_MINUTE", default=0)  # per client; 0: no limit

# --- languages, files, mail, logs -----------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("de", _("German"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
FORMAT_MODULE_PATH = ["config.formats"]
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"
STATIC_ROOT = VAR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
STATICFILES_DIRS = [folder for folder in [BASE_DIR / "static"] if folder.is_dir()]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = DEBUG

EMAIL_CONFIG: dict[str, Any] = env.email_url(
    "EMAIL_URL", default="consolemail://" if DEBUG else "smtp://localhost:25"
)
vars().update(EMAIL_CONFIG)
DEFAULT_FROM_EMAIL: str = env.str("EMAIL_FROM", default="Scrip <scrip@localhost>")

PUBLIC_URL: str = env.str("PUBLIC_URL", default=f"http://localhost:{env.int('PORT', default=8000)}")

LOGGING = logs.config(level=env.str("LOG_LEVEL", default="INFO"), as_json=not DEBUG)
