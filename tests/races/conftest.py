"""Most races need two writers at once, which SQLite never has: its suite runs the file made for it."""

from __future__ import annotations

import pytest
from django.db import connection

pytest.register_assert_rewrite("tests.races.scenes", "tests.races.month_end")

collect_ignore = (
    [] if connection.vendor == "postgresql" else ["test_locks.py", "test_month_end.py", "test_twins.py"]
)
