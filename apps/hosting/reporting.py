"""What the platform reports of its resources: kept with its time, late or not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from apps.core import sql
from apps.core.errors import NotFound, ValidationError
from apps.core.units import MICRO
from apps.hosting.models import Report, Resource, Share
from apps.hosting.paying import note_payers
from apps.wallets.models import Wallet

LATEST = timedelta(days=2 * 366)
"""So long after it something can still be reported."""
Owner = tuple[str, str]
"""Type (user, organisation) and platform id."""


@dataclass(frozen=True, slots=True)
class Reported:
    """What is reported: whole members and bytes; `shares` are (payer, weight in millionths), empty where
    the owner pays alone. `since` None: from now on."""

    owner: Owner
    members: int
    stored_bytes: int
    name: str | None = None
    shares: Sequence[tuple[Owner, int]] = ()
    since: datetime | None = None


def report_resource(
    *, kind: str, key: str, reported: Reported, actor: str, at: datetime
) -> tuple[Resource, bool]:
    """Keep what a resource holds from an instant on; answers it and whether it is new.

    NotFound for an unknown owner or payer; ValidationError for an instant to come or too long ago. The same
    report again changes nothing.
    """
    since = _since(reported.since, at)
    wallets = _wallets([reported.owner, *(payer for payer, _weight in reported.shares)])
    weights = {wallets[payer]: weight for payer, weight in reported.shares} or {
        wallets[reported.owner]: MICRO
    }
    with transaction.atomic():
        resource, created = _lock_resource(kind, key, wallets[reported.owner], since)
        if reported.name is not None and reported.name != resource.name:
            resource.name = reported.name
            resource.save(update_fields=["name"])
        report = Report(
            resource=resource,
            since=since,
            recorded_at=at,
            owner_id=wallets[reported.owner],
            members=reported.members,
            stored_bytes=reported.stored_bytes,
            actor=actor[:160],
        )
        _keep(report, weights, at)
        return resource, created


def end_resource(*, kind: str, key: str, since: datetime | None, actor: str, at: datetime) -> None:
    """Let a resource not be there from an instant on, whatever was reported for later.

    NotFound for one that was never reported; ValidationError for an instant before it was there.
    """
    since = _since(since, at)
    with transaction.atomic():
        resource = Resource.objects.select_for_update(no_key=True).filter(kind=kind, platform_id=key).first()
        if resource is None:
            raise NotFound(f"There is no {kind} {key}.")
        if since < resource.created_at:
            raise ValidationError({"since": ["It was not there yet."]})
        later = resource.reports.filter(superseded_at=None, since__gt=since)
        superseded = _weights_of(later.values_list("pk", flat=True))
        later.update(superseded_at=at)
        report = Report(
            resource=resource,
            since=since,
            recorded_at=at,
            ended=True,
            owner_id=resource.owner_id,
            members=0,
            stored_bytes=0,
            actor=actor[:160],
        )
        _keep(report, {}, at, also=superseded)


def _since(since: datetime | None, at: datetime) -> datetime:
    if since is None:
        return at
    if since > at:
        raise ValidationError({"since": ["This lies in the future: report it when it has happened."]})
    if since < at - LATEST:
        raise ValidationError({"since": ["This lies too long ago: at most two years are possible."]})
    return since


def _wallets(owners: Iterable[Owner]) -> dict[Owner, int]:
    """Wallet ids by owner; NotFound names the first that was never synced."""
    wanted = list(dict.fromkeys(owners))
    found: dict[Owner, int] = {}
    for owner_type in {owner_type for owner_type, _key in wanted}:
        keys = [key for of_type, key in wanted if of_type == owner_type]
        rows = Wallet.objects.filter(owner_type=owner_type, owner_key__in=keys)
        found |= {(owner_type, key): pk for pk, key in rows.values_list("pk", "owner_key")}
    for owner_type, key in wanted:
        if (owner_type, key) not in found:
            raise NotFound(f"There is no {owner_type} {key}. Sync it first.")
    return found


def _lock_resource(kind: str, key: str, owner_id: int, since: datetime) -> tuple[Resource, bool]:
    _row, created = Resource.objects.get_or_create(
        kind=kind, platform_id=key, defaults={"owner_id": owner_id, "created_at": since}
    )
    return Resource.objects.select_for_update(no_key=True).get(kind=kind, platform_id=key), created


def _keep(report: Report, weights: Mapping[int, int], at: datetime, also: Iterable[int] = ()) -> None:
    """Store the report unless it says what holds already, and note whom it concerns."""
    resource = report.resource
    present = resource.reports.filter(superseded_at=None)
    before = present.filter(since__lte=report.since).order_by("-since", "-pk").first()
    held = _weights_of([before.pk]) if before else {}
    if before is not None and _says_the_same(before, held, report, weights) and not also:
        return
    payers = {*weights, *held, *also}
    sql.lock_rows("wallets_wallet", payers)
    present.filter(since=report.since).update(superseded_at=at)
    report.save()
    Share.objects.bulk_create(
        Share(report=report, resource=resource, wallet_id=wallet, weight=weight)
        for wallet, weight in weights.items()
    )
    _show_latest(resource)
    note_payers(payers, since=report.since, at=at)


def _weights_of(reports: Iterable[int]) -> dict[int, int]:
    return dict(Share.objects.filter(report_id__in=list(reports)).values_list("wallet_id", "weight"))


def _says_the_same(
    before: Report, held: Mapping[int, int], report: Report, weights: Mapping[int, int]
) -> bool:
    facts = [(r.ended, r.owner_id, r.members, r.stored_bytes) for r in (before, report)]
    return facts[0] == facts[1] and held == weights


def _show_latest(resource: Resource) -> None:
    """Let the resource's row say what its latest report says."""
    present = resource.reports.filter(superseded_at=None)
    latest = present.order_by("-since", "-pk")[0]
    first = present.order_by("since").values_list("since", flat=True)[0]
    resource.created_at = min(resource.created_at, first)
    resource.ended_at = latest.since if latest.ended else None
    if not latest.ended:
        resource.owner_id, resource.members = latest.owner_id, latest.members
        resource.stored_bytes = latest.stored_bytes
    resource.save(update_fields=["created_at", "ended_at", "owner", "members", "stored_bytes"])


def latest_shares(resource: Resource) -> list[tuple[Wallet, int]]:
    """Who pays for the resource now and with which weight; the owner alone where nobody was named."""
    latest = resource.reports.filter(superseded_at=None, ended=False).order_by("-since", "-pk").first()
    if latest is None:
        return []
    shares = latest.shares.select_related("wallet").order_by("pk")
    found = [(share.wallet, share.weight) for share in shares]
    alone = len(found) == 1 and found[0][0].pk == latest.owner_id
    return [] if alone else found
