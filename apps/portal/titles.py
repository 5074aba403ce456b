"""How a charge is called on pages."""

from __future__ import annotations

from django.utils.translation import gettext as _


def charge_title(label: str | None, name: str | None, operation: str | None, model: str | None) -> str:
    """The activity's label, else the operation's name with its model."""
    if label:
        return label
    title = name or (operation or "").replace("_", " ").capitalize() or _("Charge")
    return f"{title} · {model}" if model else title
