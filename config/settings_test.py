"""The tests' settings: as in production, but over plain HTTP and with a cheap password hash."""

import os

os.environ.setdefault("SECRET_KEY", "only-for-tests-" + "k" * 50)
os.environ["DEBUG"] = "0"
os.environ["HTTPS"] = "0"

from config.settings import *
from config.settings import DATABASES, STORAGES, VAR

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}

# A file: a database in memory does not survive threads. One per process, so that runs do not meet.
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    (VAR / "test").mkdir(exist_ok=True)
    DATABASES["default"]["TEST"] = {"NAME": str(VAR / "test" / f"{os.getpid()}.sqlite3")}
