"""Beside SQLite there is no Redis to empty."""

from __future__ import annotations

from django.db import connection

collect_ignore = [] if connection.vendor == "postgresql" else ["test_redis.py"]
