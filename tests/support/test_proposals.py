"""What staff ask for is done at once within their reach, else once another person has approved it."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from apps.core.errors import IdempotencyConflict, InvalidState, NotFound, PermissionDenied, ValidationError
from apps.core.proof import verify_ledger
from apps.core.units import MICRO
from apps.identity.models import AuditRecord, User
from apps.ledger.models import Transfer
from apps.support.kinds import Effect, Kind, Order, Outcome, kind_of, register_kind
from apps.support.models import Proposal
from apps.support.proposals import Stale, approve, change, decline, foresee, request, withdraw
from apps.support.roles import Action
from apps.support.selectors import seen_now, view_proposal
from apps.usage.changing import refund_charge
from apps.usage.rows import load_charge
from apps.usage.state import ChargeState
from apps.wallets.books import project
from apps.wallets.models import Wallet
from tests.cast import AT
from tests.support.conftest import pages
from tests.support.staff import adjustment, ask, nod, wish

State = Proposal.State


def purchased(wallet: Wallet) -> int:
    """Whole purchased tokens."""
    return project([wallet.pk], at=AT).wallets[wallet.pk].bucket("purchased").balance // MICRO


def receipt(proposal: Proposal) -> Transfer:
    assert proposal.transfer_number is not None
    return Transfer.objects.get(number=proposal.transfer_number)


def test_finance_adjusts_at_once_below_the_threshold(wallet: Wallet, finance: User) -> None:
    done = ask("adjust_wallet", adjustment(wallet.pk, 1000), finance)
    assert (done.state, done.needs_second, done.decided_by) == (State.EXECUTED, False, finance)
    transfer = receipt(done)
    assert (transfer.kind, transfer.note, transfer.actor) == ("adjustment", "Counted twice", "user:fay")
    assert purchased(wallet) == 1300
    assert verify_ledger().holds


def test_above_the_threshold_an_adjustment_waits_for_another_person(
    wallet: Wallet, finance: User, other_finance: User
) -> None:
    asked = ask("adjust_wallet", adjustment(wallet.pk, 1001), finance)
    assert (asked.state, asked.needs_second, purchased(wallet)) == (State.OPEN, True, 300)
    done = nod(asked, other_finance)
    assert (done.state, done.decided_by, purchased(wallet)) == (State.EXECUTED, other_finance, 1301)
    assert verify_ledger().holds


def test_a_role_that_may_only_propose_waits_for_any_amount(
    wallet: Wallet, support: User, finance: User
) -> None:
    asked = ask("adjust_wallet", adjustment(wallet.pk, 1), support)
    assert asked.state == State.OPEN
    assert nod(asked, finance).state == State.EXECUTED


def test_a_role_without_reach_does_not_even_propose(wallet: Wallet, operations: User, ada: User) -> None:
    for who in (operations, ada):
        with pytest.raises(PermissionDenied):
            foresee("adjust_wallet", adjustment(wallet.pk, 1), by=who, at=AT)
    assert not Proposal.objects.exists()


def test_nobody_approves_or_declines_their_own(wallet: Wallet, finance: User, boss: User) -> None:
    for who in (finance, boss):
        asked = ask("adjust_wallet", adjustment(wallet.pk, 20_000), who)
        with pytest.raises(PermissionDenied, match="own proposal"):
            nod(asked, who)
        with pytest.raises(PermissionDenied, match="own proposal"):
            decline(proposal_id=asked.pk, note="No", by=who, at=AT)
    assert purchased(wallet) == 300


def test_the_database_itself_refuses_a_proposal_approved_by_who_made_it(
    wallet: Wallet, finance: User
) -> None:
    asked = ask("adjust_wallet", adjustment(wallet.pk, 2000), finance)
    with pytest.raises(IntegrityError), transaction.atomic():
        Proposal.objects.filter(pk=asked.pk).update(state="executed", decided_by=finance, decided_at=AT)


def test_support_and_operations_do_not_approve(
    wallet: Wallet, finance: User, support: User, operations: User
) -> None:
    asked = ask("adjust_wallet", adjustment(wallet.pk, 2000), finance)
    for who in (support, operations):
        with pytest.raises(PermissionDenied):
            nod(asked, who)


def test_an_approval_counts_once(wallet: Wallet, finance: User, other_finance: User, boss: User) -> None:
    asked = ask("adjust_wallet", adjustment(wallet.pk, 2000), finance)
    seen = seen_now(asked, at=AT)
    first = nod(asked, other_finance)
    again = approve(proposal_id=asked.pk, version=1, seen=seen, by=other_finance, at=AT)
    assert again.transfer_number == first.transfer_number
    with pytest.raises(InvalidState, match="decided already"):
        approve(proposal_id=asked.pk, version=1, seen=seen, by=boss, at=AT)
    assert purchased(wallet) == 2300


def test_a_changed_proposal_loses_its_approval(wallet: Wallet, support: User, finance: User) -> None:
    asked = ask("adjust_wallet", adjustment(wallet.pk, 5), support)
    seen = seen_now(asked, at=AT)
    more = wish("adjust_wallet", adjustment(wallet.pk, 500), support)
    changed = change(proposal_id=asked.pk, version=1, wish=more, by=support, at=AT)
    with pytest.raises(Stale, match="changed since you looked"):
        approve(proposal_id=asked.pk, version=1, seen=seen, by=finance, at=AT)
    assert (changed.version, changed.tokens_micro, purchased(wallet)) == (2, 500 * MICRO, 300)
    nod(changed, finance)
    assert purchased(wallet) == 800


def test_only_who_proposed_changes_or_withdraws(wallet: Wallet, support: User, finance: User) -> None:
    asked = ask("adjust_wallet", adjustment(wallet.pk, 5), support)
    with pytest.raises(PermissionDenied):
        withdraw(proposal_id=asked.pk, by=finance, at=AT)
    with pytest.raises(PermissionDenied):
        change(
            proposal_id=asked.pk,
            version=1,
            wish=wish("adjust_wallet", adjustment(wallet.pk, 6), finance),
            by=finance,
            at=AT,
        )
    assert withdraw(proposal_id=asked.pk, by=support, at=AT).state == State.WITHDRAWN
    assert withdraw(proposal_id=asked.pk, by=support, at=AT).state == State.WITHDRAWN
    with pytest.raises(InvalidState):
        nod(asked, finance)


def test_declining_says_why_and_changes_nothing_else(wallet: Wallet, support: User, finance: User) -> None:
    asked = ask("adjust_wallet", adjustment(wallet.pk, 5), support)
    with pytest.raises(ValidationError):
        decline(proposal_id=asked.pk, note="  ", by=finance, at=AT)
    done = decline(proposal_id=asked.pk, note="Ask the organisation", by=finance, at=AT)
    assert (done.state, done.decision, purchased(wallet)) == (State.DECLINED, "Ask the organisation", 300)


def test_what_cannot_be_done_any_more_is_refused_at_the_approval(
    ada: User, wallet: Wallet, support: User, finance: User
) -> None:
    asked = ask("adjust_wallet", adjustment(wallet.pk, -290), support)
    seen = seen_now(asked, at=AT)
    pages("ada", 250)
    with pytest.raises(InvalidState, match="Only 250 can be taken"):
        approve(proposal_id=asked.pk, version=1, seen=seen, by=finance, at=AT)
    view = view_proposal(asked.pk, at=AT)
    assert view.obstacle.startswith("Only 250")
    asked.refresh_from_db()
    assert asked.state == State.OPEN


def test_an_approval_is_refused_when_the_wallet_was_adjusted_meanwhile(
    wallet: Wallet, support: User, finance: User
) -> None:
    first, second = (ask("adjust_wallet", adjustment(wallet.pk, 5), support) for _ in range(2))
    seen = seen_now(second, at=AT)
    nod(first, finance)
    with pytest.raises(Stale):
        approve(proposal_id=second.pk, version=1, seen=seen, by=finance, at=AT)
    assert view_proposal(second.pk, at=AT).changed
    nod(second, finance)
    assert purchased(wallet) == 310


def test_spending_meanwhile_does_not_stand_in_the_way(ada: User, wallet: Wallet, finance: User) -> None:
    confirmed = wish("adjust_wallet", adjustment(wallet.pk, 5), finance)
    pages("ada", 230)
    assert request(wish=confirmed, by=finance, at=AT).state == State.EXECUTED
    assert purchased(wallet) == 275


def test_the_same_form_twice_is_one_wish(wallet: Wallet, finance: User) -> None:
    confirmed = wish("adjust_wallet", adjustment(wallet.pk, 5), finance)
    first = request(wish=confirmed, by=finance, at=AT)
    assert request(wish=confirmed, by=finance, at=AT).pk == first.pk
    assert purchased(wallet) == 305
    with pytest.raises(IdempotencyConflict):
        request(
            wish=wish("adjust_wallet", adjustment(wallet.pk, 6), finance, key=confirmed.form_key),
            by=finance,
            at=AT,
        )


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
def test_without_a_reason_nothing_is_done(reason: str, wallet: Wallet, finance: User) -> None:
    confirmed = wish("adjust_wallet", adjustment(wallet.pk, 5), finance, reason=reason)
    with pytest.raises(ValidationError):
        request(wish=confirmed, by=finance, at=AT)
    assert (purchased(wallet), Proposal.objects.count()) == (300, 0)


def test_a_wallet_never_goes_below_zero_by_an_adjustment(wallet: Wallet, school: Wallet, boss: User) -> None:
    Wallet.objects.filter(pk=school.pk).update(unlimited=True)
    for place, tokens in ((wallet, -301), (school, -1001)):
        with pytest.raises(InvalidState):
            ask("adjust_wallet", adjustment(place.pk, tokens), boss)
    pages("ada", 250, capture=False)
    with pytest.raises(InvalidState, match="Only 250"):
        ask("adjust_wallet", adjustment(wallet.pk, -251), boss)


@pytest.mark.parametrize(
    ("bucket", "micro"), [("allocated", MICRO), ("nothing", MICRO), ("earned", 0), ("earned", 10**19)]
)
def test_an_impossible_adjustment_is_refused(bucket: str, micro: int, wallet: Wallet, finance: User) -> None:
    with pytest.raises(ValidationError):
        foresee("adjust_wallet", {"wallet": wallet.pk, "bucket": bucket, "tokens": micro}, by=finance, at=AT)


def test_a_wallet_that_is_not_there_is_not_found(db: None, finance: User) -> None:
    for kind in ("adjust_wallet", "freeze_wallet"):
        with pytest.raises(NotFound):
            foresee(kind, adjustment(987654, 1), by=finance, at=AT)


def test_support_refunds_up_to_its_threshold_and_proposes_above(
    charge: ChargeState, support: User, finance: User
) -> None:
    done = ask("refund_charge", {"charge": charge.id, "tokens": 100 * MICRO}, support)
    assert (done.state, load_charge(charge.id).refunded) == (State.EXECUTED, 100 * MICRO)
    assert receipt(done).kind == "refund"
    asked = ask("refund_charge", {"charge": charge.id, "tokens": 101 * MICRO}, support)
    assert asked.state == State.OPEN
    assert nod(asked, finance).state == State.EXECUTED
    assert load_charge(charge.id).refunded == 201 * MICRO
    assert verify_ledger().holds


def test_a_refund_that_somebody_else_gave_meanwhile_is_not_given_again(
    charge: ChargeState, support: User, finance: User
) -> None:
    asked = ask("refund_charge", {"charge": charge.id, "tokens": 120 * MICRO}, support)
    seen = seen_now(asked, at=AT)
    refund_charge(charge.id, tokens=20 * MICRO, reason="", actor="platform", at=AT)
    with pytest.raises(Stale):
        approve(proposal_id=asked.pk, version=1, seen=seen, by=finance, at=AT)
    refund_charge(charge.id, tokens=None, reason="", actor="platform", at=AT)
    with pytest.raises(InvalidState, match="refunded already"):
        approve(proposal_id=asked.pk, version=1, seen=seen, by=finance, at=AT)
    assert load_charge(charge.id).refunded == 240 * MICRO


def test_a_refund_shows_whose_tokens_return(charge: ChargeState, support: User) -> None:
    effect, second = foresee("refund_charge", {"charge": charge.id, "tokens": 50 * MICRO}, by=support, at=AT)
    lines = {line.label: (line.before, line.after) for line in effect.lines}
    assert lines[f"{charge.number} costs"] == (240 * MICRO, 190 * MICRO)
    assert lines["Ada: Purchased tokens"] == (260 * MICRO, 300 * MICRO)
    assert lines["Ada: Free tokens"] == (0, 10 * MICRO)
    assert not second


@pytest.mark.parametrize("tokens", [0, -1, 241 * MICRO])
def test_a_refund_of_nothing_or_too_much_is_refused(tokens: int, charge: ChargeState, support: User) -> None:
    with pytest.raises(ValidationError):
        foresee("refund_charge", {"charge": charge.id, "tokens": tokens}, by=support, at=AT)


def test_operations_release_a_hold(ada: User, operations: User, wallet: Wallet) -> None:
    held = pages("ada", 230, capture=False)
    done = ask("release_charge", {"charge": held.id}, operations)
    assert (done.state, load_charge(held.id).status) == (State.EXECUTED, "released")
    assert project([wallet.pk], at=AT).wallets[wallet.pk].available == 500 * MICRO
    record = AuditRecord.objects.get(action="charge.release")
    assert (record.actor, record.reason) == ("user:olu", "Counted twice")
    with pytest.raises(InvalidState):
        foresee("release_charge", {"charge": held.id}, by=operations, at=AT)
    assert verify_ledger().holds


def test_finance_freezes_and_support_proposes_to_unfreeze(
    wallet: Wallet, support: User, finance: User
) -> None:
    ask("freeze_wallet", {"wallet": wallet.pk}, finance)
    wallet.refresh_from_db()
    assert wallet.frozen
    with pytest.raises(InvalidState, match="frozen already"):
        foresee("freeze_wallet", {"wallet": wallet.pk}, by=finance, at=AT)
    asked = ask("unfreeze_wallet", {"wallet": wallet.pk}, support)
    assert asked.state == State.OPEN
    nod(asked, finance)
    wallet.refresh_from_db()
    assert not wallet.frozen
    actions = AuditRecord.objects.filter(subject="user:ada").values_list("action", "actor")
    assert {("wallet.freeze", "user:fay"), ("wallet.unfreeze", "user:sam")} <= set(actions)


def test_every_step_leaves_an_audit_record(wallet: Wallet, support: User, finance: User) -> None:
    asked = ask("adjust_wallet", adjustment(wallet.pk, 5), support, address="192.0.2.7")
    nod(asked, finance)
    records = AuditRecord.objects.filter(subject=f"proposal:{asked.pk}").order_by("pk")
    assert [(r.action, r.actor, r.address) for r in records] == [
        ("proposal.request", "user:sam", "192.0.2.7"),
        ("proposal.approve", "user:fay", ""),
    ]
    adjusted = AuditRecord.objects.get(action="wallet.adjust")
    assert adjusted.before == {"bucket": "purchased", "balance": "300"}
    assert adjusted.after == {"bucket": "purchased", "balance": "305"}


def test_an_app_registers_a_kind_of_its_own(wallet: Wallet, finance: User, other_finance: User) -> None:
    done: list[str] = []

    def publish(order: Order) -> Outcome:
        done.append(order.reason)
        return Outcome()

    mine = Kind(
        code="test_kind",
        name="Publish",
        action=Action.PRICE,
        foresee=lambda payload, at: Effect("Publish", (), {}),
        execute=publish,
    )
    register_kind(mine)
    with pytest.raises(ValueError, match="two kinds"):
        register_kind(Kind("test_kind", "Other", Action.PRICE, mine.foresee, mine.execute))
    assert kind_of("test_kind") is mine
    asked = ask("test_kind", {}, finance)
    assert (asked.state, done) == (State.OPEN, [])
    assert nod(asked, other_finance).state == State.EXECUTED
    assert done == ["Counted twice"]


def test_an_unknown_kind_or_proposal_is_not_found(db: None, finance: User) -> None:
    with pytest.raises(NotFound):
        foresee("nothing", {}, by=finance, at=AT)
    with pytest.raises(NotFound):
        withdraw(proposal_id=1, by=finance, at=AT)
