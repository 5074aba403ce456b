"""How Scrip is put together and served: settings, addresses, log-in, logs, health, the clock of jobs."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
