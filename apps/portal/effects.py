"""A deed on a page of its own: what it changes first, in words, then one button (`portal/effect.html`)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

from django import forms


@dataclass(frozen=True, slots=True)
class Shift:
    """Something before and after; `hint` says what makes it so."""

    what: str
    before: str
    after: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Sentences that belong together."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Effect:
    """What a deed does. `back` is an address and its name; `kept` goes with the form as it was shown.

    Without `confirm` there is nothing to do, and `notes` say why.
    """

    title: str
    back: tuple[str, str]
    confirm: str
    lead: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    shifts: tuple[Shift, ...] = ()
    groups: tuple[Group, ...] = ()
    notes: tuple[str, ...] = ()
    kept: tuple[tuple[str, str], ...] = ()


class ConfirmForm(forms.Form):
    """Says that it is to be done; the key of the form makes that happen once."""

    form_key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)


def groups_of(*titled: tuple[str, list[str]]) -> tuple[Group, ...]:
    """Those that say something."""
    return tuple(Group(title, tuple(lines)) for title, lines in titled if lines)
