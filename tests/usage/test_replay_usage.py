"""A trace of real requests is charged exactly, once, and goes on after it was killed."""

from __future__ import annotations

import gzip
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from io import StringIO
from itertools import islice
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from apps.allocations.rules import SubjectRef, set_funding
from apps.core.proof import verify_ledger
from apps.core.units import MICRO, format_tokens
from apps.ledger.models import Account
from apps.organisations.models import Organisation
from apps.organisations.services import set_member
from apps.pricing.services import load_shipped_catalogue
from apps.usage.models import Charge
from apps.usage.traces import SHIPPED
from apps.wallets.services import credit_wallet, sync_organisation, sync_user
from tests.usage.books import AT
from tests.usage.plain_replay import cost_in_micro_tokens

MODEL = "gpt-4o-mini"
CREDIT = 10**6 * MICRO


def build_team(book: str, *, members: Sequence[str] = ("ada", "ben", "cleo")) -> None:
    """An organisation on the shared pool with plenty of tokens."""
    load_shipped_catalogue(at=AT, actor="tests", only_models={MODEL})
    sync_organisation(key="team", fields={"name": "Team", "price_book": book}, at=AT)
    team = Organisation.objects.get(platform_id="team")
    for key in members:
        user = sync_user(key=key, fields={"price_book": book}, at=AT).wallet.user
        assert user is not None
        set_member(organisation=team, user=user, role="member", actor="tests", at=AT)
    subject = SubjectRef("organisation")
    set_funding(organisation=team, subject=subject, mode="shared_pool", micro_percent=0, actor="tests", at=AT)
    credit_wallet(
        owner_type="organisation",
        key="team",
        tokens=CREDIT,
        kind="migration",
        reason="",
        actor="tests",
        at=AT,
    )


def trace_of(folder: Path, count: int | None) -> Path:
    """The first lines of the trace as a plain file."""
    path = folder / "trace.csv"
    with gzip.open(SHIPPED, "rt") as file:
        path.write_text("".join(islice(file, None if count is None else count + 1)))
    return path


def replay(path: Path, **options: object) -> str:
    out = StringIO()
    call_command("replay_usage", str(path), organisation="team", model=MODEL, stdout=out, **options)
    return out.getvalue()


def spent() -> int:
    account = Account.objects.get(kind="purchased", holder_id__isnull=False, sequence__gt=0)
    return CREDIT - account.balance


def counted(report: str) -> dict[str, int]:
    found = re.findall(r"^(charged|partial|duplicate|invalid) +([\d,]+)  ", report, re.MULTILINE)
    return {status: int(number.replace(",", "")) for status, number in found}


@pytest.mark.django_db
@pytest.mark.parametrize("book", ["studio", "campus"])
def test_a_replay_costs_what_plain_fractions_say(book: str, tmp_path: Path, long: bool) -> None:
    build_team(book)
    count = None if long else 3000
    path = trace_of(tmp_path, count)
    total = 19_366 if count is None else count
    wanted = cost_in_micro_tokens(book, MODEL, count)

    report = replay(path)
    assert counted(report) == {"charged": total, "partial": 0, "duplicate": 0, "invalid": 0}
    assert f"{format_tokens(wanted)} tokens" in report
    assert spent() == wanted
    assert verify_ledger().differences == ()

    again = replay(path)
    assert counted(again) == {"charged": 0, "partial": 0, "duplicate": total, "invalid": 0}
    assert spent() == wanted
    assert Charge.objects.count() == total


@pytest.mark.django_db
def test_a_compressed_trace_is_the_same_trace(tmp_path: Path) -> None:
    build_team("studio")
    path = trace_of(tmp_path, 50)
    compressed = tmp_path / "other.csv.gz"
    compressed.write_bytes(gzip.compress(path.read_bytes()))
    assert counted(replay(path))["charged"] == 50
    assert counted(replay(compressed, batch=7))["duplicate"] == 50


@pytest.mark.django_db
def test_lines_go_round_the_members_and_stay_charged_when_these_change(tmp_path: Path) -> None:
    build_team("studio")
    path = trace_of(tmp_path, 30)
    replay(path, users=2)
    people = Charge.objects.values_list("wallet__owner_key", flat=True)
    assert sorted(people) == ["ada"] * 15 + ["ben"] * 15
    assert counted(replay(path, user="cleo"))["duplicate"] == 30


@pytest.mark.django_db
def test_the_time_of_the_trace_is_kept_on_demand(tmp_path: Path) -> None:
    build_team("studio")
    assert counted(replay(trace_of(tmp_path, 20), keep_time=True))["charged"] == 20


REFUSED = {
    "another header": ("TIME,A,B\n", "Line 1 should be"),
    "too few fields": ("TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46,3\n", "Line 2"),
    "no time": ("TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16,1,2\nlater,3,4\n", "Line 3"),
    "a negative number": ("TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46,3,-4\n", "Line 2"),
    "nothing used": ("TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46,0,0\n", "no tokens"),
    "full-width digits": ("TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46,３,4\n", "Line 2"),
    "no lines": ("TIMESTAMP,ContextTokens,GeneratedTokens\n", "has no requests"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("fault", REFUSED)
def test_a_file_with_a_fault_changes_nothing(fault: str, tmp_path: Path) -> None:
    build_team("studio")
    text, words = REFUSED[fault]
    path = tmp_path / "trace.csv"
    path.write_text(text)
    with pytest.raises(CommandError, match=words):
        replay(path)
    assert not Charge.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"organisation": "nobody"}, "no organisation nobody"),
        ({"organisation": "empty"}, "has no members"),
        ({"user": "dora"}, "dora is not a member"),
        ({"users": 9}, "has 3 members, not 9"),
        ({"model": "gpt-0"}, "gpt-0"),
        ({"operation": "dance"}, "dance"),
        ({"file": "/nowhere.csv"}, "cannot be read"),
    ],
)
def test_what_cannot_be_charged_is_refused_before_the_first_line(
    options: dict[str, object], words: str, tmp_path: Path
) -> None:
    build_team("studio")
    sync_organisation(key="empty", fields={"price_book": "studio"}, at=AT)
    path = str(options.pop("file", trace_of(tmp_path, 5)))
    given = {"organisation": "team", "model": MODEL, **options}
    with pytest.raises(CommandError, match=words):
        call_command("replay_usage", path, stdout=StringIO(), **given)
    assert not Charge.objects.exists()


def database_url() -> str:
    """The test database, as another process reaches it."""
    given = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{given['NAME']}"
    who = quote(given["USER"]) + (f":{quote(given['PASSWORD'])}" if given["PASSWORD"] else "")
    return f"postgres://{who}@{given['HOST']}:{given['PORT']}/{given['NAME']}"


@pytest.mark.django_db(transaction=True)
def test_a_killed_replay_goes_on_without_charging_twice(tmp_path: Path) -> None:
    build_team("studio")
    count = 2000
    path = trace_of(tmp_path, count)
    command = [sys.executable, "manage.py", "replay_usage", str(path), "--organisation", "team"]
    env = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "DEBUG": "1",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    child = subprocess.Popen(
        [*command, "--model", MODEL, "--batch", "20"],
        cwd=settings.BASE_DIR,
        env=env,
        stdout=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while Charge.objects.count() < 100 and child.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    child.send_signal(signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    done = Charge.objects.count()
    assert 100 <= done < count

    report = replay(path)
    assert counted(report) == {"charged": count - done, "partial": 0, "duplicate": done, "invalid": 0}
    assert spent() == cost_in_micro_tokens("studio", MODEL, count)
    assert verify_ledger().differences == ()
