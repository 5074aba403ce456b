"""Publishing one version of one rate: from now or from a later instant on, never backwards."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.errors import InvalidState, NotFound
from apps.identity.auditing import record_audit
from apps.pricing.models import Rate, RateVersion
from apps.pricing.publishing import Wanted, claim_catalogue, publish, renew_catalogue
from apps.pricing.specs import Spec


def get_thread(rate_id: int) -> tuple[Rate, list[RateVersion]]:
    """A rate with its operation and book, and its versions, oldest first; NotFound if there is none."""
    rate = Rate.objects.select_related("operation__price_book").filter(pk=rate_id).first()
    if rate is None:
        raise NotFound(f"There is no rate {rate_id}.")
    return rate, list(RateVersion.objects.filter(rate=rate).order_by("effective_from"))


def version_at(versions: list[RateVersion], at: datetime) -> RateVersion | None:
    """The version in force at an instant, of versions that stand oldest first; None before the first."""
    begun = [version for version in versions if version.effective_from <= at]
    return begun[-1] if begun else None


def followed(
    versions: list[RateVersion], *, follows: int, spec: Spec, starts_at: datetime, at: datetime
) -> RateVersion:
    """The version that a new one from `starts_at` on follows, which must be the one it was made from.

    InvalidState for an instant that is past, before the rate's first version or another one's beginning,
    if another version is in force by then, and if nothing would change.
    """
    if starts_at < at:
        raise InvalidState(_("A price never begins in the past. Choose a later moment, or now."))
    before = version_at(versions, starts_at)
    if before is None:
        raise InvalidState(_("The first price of this is still to come. A new one must begin after it."))
    if before.effective_from == starts_at:
        raise InvalidState(_("Another price begins at that very moment already. Choose another one."))
    if before.pk != follows:
        raise InvalidState(_("Another price holds by then. Begin again from that one."))
    if before.spec == spec:
        raise InvalidState(_("Nothing would change."))
    return before


@transaction.atomic
def publish_version(
    *,
    rate_id: int,
    follows: int,
    spec: Spec,
    at: datetime,
    actor: str,
    reason: str,
    starts_at: datetime | None = None,
    address: str = "",
) -> RateVersion:
    """Let a rate have a new version from `starts_at`, else from `at` on; published, it is never changed.

    `follows` is the version that the new one was made from. InvalidState where `followed` says so;
    NotFound for an unknown rate.
    """
    claim_catalogue()
    rate, versions = get_thread(rate_id)
    start = starts_at or at
    before = followed(versions, follows=follows, spec=spec, starts_at=start, at=at)
    wanted = Wanted(rate.operation, rate.model, rate.position, lambda before: spec)
    publish([wanted], starts_at=start, first_starts_at=start, at=at, actor=actor)
    renew_catalogue()
    version = RateVersion.objects.get(rate=rate, effective_from=start)
    record_audit(
        actor=actor,
        action="rate.publish",
        subject=f"rate:{rate}",
        before={"version": before.pk, "spec": before.spec},
        after={"version": version.pk, "from": start.isoformat(), "spec": spec},
        at=at,
        reason=reason,
        address=address,
    )
    return version
