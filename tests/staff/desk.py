"""Staff at their browser: filling in what they want, seeing its effect, confirming, approving."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.test import Client

from apps.support.models import Proposal
from tests.support.staff import a_clerk

HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')
ACTIONS = "/admin/support/proposal"


@dataclass(slots=True)
class Desk:
    """Somebody of the staff; addresses without a slash in front are those of actions."""

    client: Client

    def see(self, address: str) -> str:
        """A page as text."""
        answer: Any = self.client.get(address)
        assert answer.status_code == 200, answer.status_code
        return str(answer.content.decode())

    def look(self, address: str, **typed: Any) -> str:
        """Fill in the form of an action, and see its effect."""
        form = {"form_key": str(uuid4()), "reason": "Counted twice", "step": "effect", **typed}
        answer: Any = self.client.post(_whole(address), form)
        return str(answer.content.decode())

    def confirm(self, address: str, **typed: Any) -> Any:
        """See the effect and confirm it, with what the page sends along."""
        shown = dict(HIDDEN.findall(self.look(address, **typed)))
        form = {"reason": "Counted twice", **typed, **shown, "step": "confirm"}
        return self.client.post(_whole(address), form)

    def approve(self, proposal: Proposal) -> int:
        """Look at a proposal and approve it; answers the status."""
        shown = dict(HIDDEN.findall(self.see(f"{ACTIONS}/{proposal.pk}/change/")))
        answer: Any = self.client.post(f"{ACTIONS}/{proposal.pk}/approve/", shown)
        return int(answer.status_code)


def _whole(address: str) -> str:
    return address if address.startswith("/") else f"{ACTIONS}/{address}"


def at_the_desk(key: str, role: str) -> Desk:
    """Somebody new of the role, logged in."""
    client = Client()
    client.force_login(a_clerk(key, role))
    return Desk(client)
