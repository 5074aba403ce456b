"""Who gets in, and by what: no sign-up of strangers, no rights beside those of a role."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.models import Permission
from django.db.models import QuerySet
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """People come from the learning platform, never by signing up here."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


class RoleBackend(AuthenticationBackend):
    """Log-in by e-mail; rights come from groups alone, which spares each staff page a query."""

    def _get_user_permissions(self, user_obj: Any) -> QuerySet[Permission]:
        return Permission.objects.none()
