"""Who gets in, and by what: no sign-up of strangers, no rights beside those of a role."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from django.http import HttpRequest

from apps.identity.models import User
from apps.support.roles import permissions_of


class AccountAdapter(DefaultAccountAdapter):
    """People come from the learning platform, never by signing up here."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


class RoleBackend(AuthenticationBackend):
    """Log-in by e-mail; rights come from groups alone, which are read together with what they allow."""

    def get_user_permissions(self, user_obj: Any, obj: object = None) -> set[str]:
        return set()

    def get_group_permissions(self, user_obj: Any, obj: object = None) -> set[str]:
        if not (isinstance(user_obj, User) and user_obj.is_active and obj is None):
            return set()
        return set(permissions_of(user_obj))
