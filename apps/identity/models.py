from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils import timezone


class AccountType(models.Model):
    """What kind of person a user is; decides the monthly free tokens."""

    code = models.SlugField(primary_key=True, max_length=40)
    name = models.CharField(max_length=80)

    def __str__(self) -> str:
        return self.name


class FreeGrant(models.Model):
    """The monthly free tokens of an account type, for cycles that begin at or after `from_at`."""

    account_type = models.ForeignKey(AccountType, on_delete=models.CASCADE, related_name="grants")
    from_at = models.DateTimeField()
    tokens_micro = models.BigIntegerField(help_text="Micro-tokens a month.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account_type", "from_at"], name="one_grant_per_type_and_instant"
            ),
            models.CheckConstraint(condition=models.Q(tokens_micro__gte=0), name="a_grant_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.account_type_id} from {self.from_at:%Y-%m-%d}"


class UserManager(BaseUserManager["User"]):
    """Makes people who log in by e-mail, outside the platform's own sync."""

    def create_user(self, platform_id: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(platform_id=platform_id, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, platform_id: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(platform_id, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person, known by the id the learning platform gave."""

    platform_id = models.CharField(max_length=128, unique=True)
    email = models.EmailField(blank=True, db_index=True)
    name = models.CharField(max_length=200, blank=True)
    account_type = models.ForeignKey(AccountType, on_delete=models.PROTECT, default="learner")
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=timezone.now)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "platform_id"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["email"]

    def __str__(self) -> str:
        return self.name or self.email or self.platform_id


class ApiClient(models.Model):
    """One of the platform's services, or an organisation that reads its own figures. Idempotency keys and
    event ids belong to it, not to its keys."""

    name = models.CharField(max_length=160, unique=True)
    organisation = models.CharField(
        max_length=128, blank=True, help_text="The one organisation that its keys read; none: no such bound."
    )
    created_at = models.DateTimeField()
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation"],
                condition=~models.Q(organisation=""),
                name="one_client_per_organisation",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ApiKey(models.Model):
    """256 random bits, stored hashed; a client may have several while it rotates them."""

    client = models.ForeignKey(ApiClient, on_delete=models.CASCADE, related_name="keys")
    label = models.CharField(max_length=80, blank=True, help_text="What it is for, in its owner's words.")
    prefix = models.CharField(max_length=16, help_text="The beginning of the key, to tell it by.")
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the whole key.")
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    form_key = models.UUIDField(null=True, unique=True, help_text="Of the form that made it, if any.")

    def __str__(self) -> str:
        return f"{self.prefix}…"

    def works_at(self, at: datetime) -> bool:
        """Whether the key has not ended by then."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > at)


class IdempotencyKey(models.Model):
    """A request that had its effect: the key, what it meant and what was answered."""

    client = models.ForeignKey(ApiClient, on_delete=models.PROTECT, db_index=False, db_constraint=False)
    key = models.CharField(max_length=255)
    digest = models.CharField(max_length=64, help_text="SHA-256 of path and validated values.")
    status = models.PositiveSmallIntegerField()
    body = models.TextField(blank=True, help_text="The answer; emptied after 30 days.")
    object_type = models.CharField(max_length=20)
    object_id = models.CharField(max_length=64)
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "key"], name="one_effect_per_client_and_key"),
        ]

    def __str__(self) -> str:
        return self.key


class AuditRecord(models.Model):
    """Who changed a rule or a row that decides about money: what, before, after, why, from where."""

    at = models.DateTimeField(db_index=True)
    actor = models.CharField(max_length=160)
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=200)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    reason = models.CharField(max_length=500, blank=True)
    address = models.CharField(max_length=60, blank=True)

    def __str__(self) -> str:
        return f"{self.action} {self.subject}"
