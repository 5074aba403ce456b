"""The clock: Celery rings, services find by themselves what is due (settings: CELERY_*)."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("scrip")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
