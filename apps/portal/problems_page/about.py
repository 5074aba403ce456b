"""What a report is about: a charge or a transfer that the reader may see, or nothing in particular."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.urls import reverse

from apps.core.errors import NotFound
from apps.portal.charge_page.page import seen_through
from apps.portal.holdings import Shell
from apps.support.cases import Thing
from apps.usage.deciding import describe
from apps.usage.selectors import get_charge
from apps.usage.state import ChargeState
from apps.wallets.models import Movement

NUMBER = re.compile(r"(C|T|ch)[-_](\d{1,18})", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class About:
    """What is reported, with the charge or the movement to show beside the form; micro-tokens."""

    thing: Thing
    number: str = ""
    charge: ChargeState | None = None
    movement: Movement | None = None

    @property
    def charge_url(self) -> str:
        return reverse("charge", args=[f"ch_{self.charge.id}"]) if self.charge else ""


def find_about(typed: str, shell: Shell) -> About:
    """What a number means to the reader: C-1042, ch_1042 or T-1042; nothing for an empty one.

    NotFound for what is no number, and for what they may not see.
    """
    text = typed.strip()
    if not text:
        own = shell.here
        return About(Thing(wallet_id=own.wallet_id if own else None))
    found = NUMBER.fullmatch(text)
    if found is None:
        raise NotFound(f"There is no {text[:40]}.")
    if found[1].upper() == "T":
        return _transfer(int(found[2]), shell)
    return _charge(int(found[2]), shell)


def _charge(charge_id: int, shell: Shell) -> About:
    charge = get_charge(charge_id, at=shell.at)
    holding = seen_through(charge, shell)
    thing = Thing(f"{charge.number}, {describe(charge)}", holding.wallet_id, charge.id)
    return About(thing, charge.number, charge)


def _transfer(number: int, shell: Shell) -> About:
    seen = [holding.wallet_id for holding, _wallet in shell.visible]
    rows = Movement.objects.filter(transfer_id=number, wallet_id__in=seen).select_related("transfer")
    movement = rows.order_by("id").first()
    if movement is None:
        raise NotFound(f"There is no T-{number}.")
    charge_id = movement.transfer.charge_id
    if charge_id is None:
        title = f"T-{number}" + (f", {movement.transfer.note}" if movement.transfer.note else "")
        return About(Thing(title, movement.wallet_id, None, number), f"T-{number}", None, movement)
    charge = get_charge(charge_id, at=shell.at)
    title = f"T-{number}, {describe(charge)}"
    return About(Thing(title, movement.wallet_id, charge.id, number), f"T-{number}", charge, movement)
