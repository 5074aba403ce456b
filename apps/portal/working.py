"""What pages share on which something about an organisation is decided: who may, who did, what went wrong."""

from __future__ import annotations

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest

from apps.core.errors import Problem, ValidationError
from apps.identity.models import User
from apps.organisations.models import Organisation
from apps.portal.context import required_organisation, required_shell
from apps.portal.holdings import Holding, Shell


def reader(request: HttpRequest) -> User:
    """Who is logged in; 404 for anybody else."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user


def actor_of(user: User) -> str:
    return f"user:{user.platform_id}"


def decider(request: HttpRequest, slug: str) -> tuple[Holding, Shell, Organisation]:
    """The organisation, for those who decide about its money: 404 for who may not look, 403 for who may
    only look."""
    holding, shell, organisation = looker(request, slug)
    if not holding.may_decide:
        raise PermissionDenied
    return holding, shell, organisation


def looker(request: HttpRequest, slug: str) -> tuple[Holding, Shell, Organisation]:
    """The organisation, for those who read its money; 404 for everybody else."""
    shell = required_shell(request)
    holding = required_organisation(shell, slug)
    return holding, shell, organisation_of(holding)


def organisation_of(holding: Holding) -> Organisation:
    """The row, as far as the shell has read it already: not to be saved."""
    return Organisation(
        pk=holding.organisation_id, platform_id=holding.owner_key, name=holding.name, slug=holding.slug
    )


def complain(form: forms.Form, problem: Problem) -> None:
    """Put a refusal where it belongs in the form."""
    errors = problem.errors if isinstance(problem, ValidationError) else {}
    for name, texts in errors.items():
        for text in texts:
            form.add_error(name if name in form.fields else None, text)
    if not errors:
        form.add_error(None, problem.detail)
