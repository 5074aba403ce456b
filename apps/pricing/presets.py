"""Uses of operations that a person keeps under a name, to work them out again by the rates of the day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.errors import NotFound, ValidationError
from apps.identity.models import User
from apps.pricing.models import Operation, Preset

MOST = 30
"""So many presets a person may keep."""
LONGEST = 80


def presets_of(user: User) -> tuple[Preset, ...]:
    """A person's presets by name, with their operations and price books."""
    return tuple(Preset.objects.filter(user=user).select_related("operation__price_book"))


@transaction.atomic
def save_preset(
    *,
    user: User,
    name: str,
    price_book: str,
    operation: str,
    model: str,
    quantities: Mapping[str, str],
    options: Mapping[str, str],
    at: datetime,
) -> Preset:
    """Keep a use under a name; one of the same name is replaced, so saving twice changes nothing.

    `quantities` are plain decimal text by unit. ValidationError (field ``name``) for a name that cannot
    be, or one preset too many; NotFound for an unknown operation.
    """
    name = _clean_name(name)
    _take_turns(user)
    known = Operation.objects.filter(price_book=price_book, code=operation).first()
    if known is None:
        raise NotFound(f"There is no operation {operation!r} in the price book {price_book}.")
    mine = Preset.objects.filter(user=user)
    if mine.exclude(name=name).count() >= MOST:
        raise ValidationError(
            {"name": [_("You keep %(most)d presets already. Delete one first.") % {"most": MOST}]}
        )
    values = {
        "operation": known,
        "model": model,
        "quantities": dict(quantities),
        "options": dict(options),
        "saved_at": at,
    }
    preset, _made = Preset.objects.update_or_create(user=user, name=name, defaults=values)
    return preset


@transaction.atomic
def rename_preset(*, user: User, preset_id: int, name: str) -> Preset:
    """Give a preset another name; NotFound if it is not theirs, ValidationError if the name is taken."""
    name = _clean_name(name)
    _take_turns(user)
    preset = Preset.objects.filter(user=user, pk=preset_id).first()
    if preset is None:
        raise NotFound("There is no such preset.")
    if Preset.objects.filter(user=user, name=name).exclude(pk=preset_id).exists():
        raise ValidationError({"name": [_("You have another preset of this name.")]})
    preset.name = name
    preset.save(update_fields=["name"])
    return preset


def delete_preset(*, user: User, preset_id: int) -> None:
    """Delete a person's preset; doing it again changes nothing."""
    Preset.objects.filter(user=user, pk=preset_id).delete()


def _take_turns(user: User) -> None:
    """Let writes to one person's presets wait for each other, to the end of the transaction."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)


def _clean_name(name: str) -> str:
    name = name.strip()
    if not name:
        raise ValidationError({"name": [_("Give the preset a name.")]})
    if len(name) > LONGEST or not name.isprintable():
        raise ValidationError({"name": [_("A name has at most %(most)d letters.") % {"most": LONGEST}]})
    return name
