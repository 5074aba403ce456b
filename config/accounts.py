"""Who gets in: no sign-up of strangers."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """People come from the learning platform, never by signing up here."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
