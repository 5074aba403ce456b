"""django-hordak as its documentation sets it up, alone in a project."""

from tests.bench import databases

INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "mptt", "djmoney", "hordak"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": 60,
        **databases.parts(databases.PEER),
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SECRET_KEY = "protects nothing"
USE_TZ = True
HORDAK_DECIMAL_PLACES = 6
HORDAK_MAX_DIGITS = 20
