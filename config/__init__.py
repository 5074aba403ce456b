"""How Scrip is put together and served: settings, addresses, log-in, logs, health, the clock of jobs."""

import gc

from config.celery import app as celery_app

gc.set_threshold(20_000, 20, 20)  # a batch makes many objects and no rings: looking for rings cost a fifth

__all__ = ["celery_app"]
