from __future__ import annotations

from django.conf import settings
from django.db import models


class Role(models.TextChoices):
    OWNER = "owner", "Owner"
    ADMIN = "admin", "Admin"
    BILLING = "billing", "Billing"
    TEACHER = "teacher", "Teacher"
    MEMBER = "member", "Member"


class Organisation(models.Model):
    """A school, company or studio, known by the id the learning platform gave."""

    platform_id = models.CharField(max_length=128, unique=True)
    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=140, unique=True)
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True, help_text="From then on nobody belongs to it.")

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A person in an organisation, until `ended_at`."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices)
    joined_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "user"],
                name="one_present_membership",
                condition=models.Q(ended_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.organisation}"


class SentForm(models.Model):
    """The key of a form that was carried out: sent a second time, it is not carried out again."""

    key = models.UUIDField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.key)


class CostCentre(models.Model):
    """What organisation-funded spending is attributed to; it counts for the parents too."""

    class Kind(models.TextChoices):
        COURSE = "course", "Course"
        CAMPUS = "campus", "Campus"
        DEPARTMENT = "department", "Department"
        GROUP = "group", "Group"
        PROJECT = "project", "Project"

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="cost_centres")
    platform_id = models.CharField(max_length=128)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "platform_id"], name="one_cost_centre_per_organisation_and_id"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CostCentreMember(models.Model):
    """Somebody who belongs to a cost centre, so that it can be given to as one."""

    cost_centre = models.ForeignKey(CostCentre, on_delete=models.CASCADE, related_name="people")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cost_centre", "user"], name="once_in_a_cost_centre"),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.cost_centre}"
