"""Production's settings with the naive view beside Scrip, so that both are served alike."""

from config import settings

globals().update({name: value for name, value in vars(settings).items() if name.isupper()})

INSTALLED_APPS = [*settings.INSTALLED_APPS, "tests.bench.naive"]
ROOT_URLCONF = "tests.bench.naive.urls"
