"""The settings of a clock under test: a broker of its own, and each minute's tasks every two seconds."""

import os
from pathlib import Path

os.environ.setdefault("SECRET_KEY", "only-for-tests-" + "k" * 50)
os.environ["DEBUG"] = "0"

from config.settings import *
from config.settings import CELERY_BEAT_SCHEDULE, REDIS_URL

FOLDER = Path(os.environ["SCRIP_CLOCK"])
CELERY_BEAT_SCHEDULE_FILENAME = str(FOLDER / "schedule")
CELERY_TASK_DEFAULT_QUEUE = FOLDER.name
if not REDIS_URL:
    (FOLDER / "broker").mkdir(exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = dict.fromkeys(
        ("data_folder_in", "data_folder_out", "control_folder"), str(FOLDER / "broker")
    )
for entry in CELERY_BEAT_SCHEDULE.values():
    if entry["task"] in ("hosting.bill_months", "wallets.reset_free_tokens"):
        entry["schedule"] = 2.0
