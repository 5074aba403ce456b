"""Presets on the operation calculator: saved from its address, opened as one, renamed, deleted."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.core.clock import now
from apps.core.errors import NotFound, ValidationError
from apps.identity.models import User
from apps.portal.calculator.use import preset_query, read_use
from apps.pricing.presets import delete_preset, rename_preset, save_preset
from apps.pricing.selectors import rate_card


@require_POST
@login_required
def keep(request: HttpRequest) -> HttpResponse:
    """Keep the use that an address asks for under a name; back to it, with what came of it."""
    user = _user(request)
    query = QueryDict(request.POST.get("query", "")[:4000]).dict()
    at = now()
    try:
        book = query.get("book", "")
        asked = read_use(query, rate_card(price_book=book, at=at))
        if asked is None or not asked.is_whole:
            raise ValidationError({"name": [_("Correct the calculation first.")]})
        preset = save_preset(
            user=user,
            name=request.POST.get("name", ""),
            price_book=book,
            operation=asked.operation.code,
            model=asked.model_text,
            quantities={unit: field.plain for unit, field in asked.quantities if field.micro},
            options=asked.chosen,
            at=at,
        )
    except NotFound as unknown:
        raise Http404 from unknown
    except ValidationError as wrong:
        messages.error(request, wrong.errors["name"][0])
        return redirect(f"{reverse('operation_calculator')}?{urlencode(query)}")
    messages.success(request, _("Saved as “%(name)s”.") % {"name": preset.name})
    return redirect(f"{reverse('operation_calculator')}?{preset_query(preset)}")


@require_POST
@login_required
def rename(request: HttpRequest, preset: int) -> HttpResponse:
    """Give one's preset another name; 404 for somebody else's."""
    try:
        renamed = rename_preset(user=_user(request), preset_id=preset, name=request.POST.get("name", ""))
    except NotFound as unknown:
        raise Http404 from unknown
    except ValidationError as wrong:
        messages.error(request, wrong.errors["name"][0])
    else:
        messages.success(request, _("Renamed to “%(name)s”.") % {"name": renamed.name})
    return _back(request)


@require_POST
@login_required
def delete(request: HttpRequest, preset: int) -> HttpResponse:
    """Delete one's preset; once more does nothing."""
    delete_preset(user=_user(request), preset_id=preset)
    messages.success(request, _("The preset is deleted."))
    return _back(request)


def _back(request: HttpRequest) -> HttpResponse:
    back = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    return redirect(back if ours else "operation_calculator")


def _user(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise Http404
    return request.user
