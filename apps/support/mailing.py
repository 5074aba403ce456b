"""Answers by mail: plain text, sent once the answer is stored; the page has it in any case."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import send_mail
from django.utils import translation
from django.utils.translation import gettext as _

from apps.support.models import Case


def mail_answer(*, case: Case, text: str, link: str) -> bool:
    """Send the answer to who reported the case, with a link to its page; False without an address."""
    if not case.reporter.email:
        return False
    with translation.override(settings.LANGUAGE_CODE):
        subject = _("%(number)s: an answer about “%(title)s”") % {"number": case.number, "title": case.title}
        foot = _("Answer on the page, please; mail to this address is not read: %(link)s") % {"link": link}
    send_mail(" ".join(subject.split()), f"{text}\n\n-- \n{foot}\n", None, [case.reporter.email])
    return True
