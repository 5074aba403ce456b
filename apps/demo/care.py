"""What staff did in the demo's year: cases, adjustments, a freeze, notes; some of it waits for somebody."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from apps.allocations.alerts import set_alert
from apps.core.units import MICRO
from apps.demo.houses import ALDERMOOR, FROZEN, LINGUA, PIXELWORKS, House
from apps.demo.past import Past
from apps.demo.people import user_of
from apps.demo.uses import LIVE_EXAMINER
from apps.identity.models import User
from apps.support.cases import Thing, answer_case, open_case, take_case, write_to_case
from apps.support.kinds import Payload
from apps.support.models import Case, Proposal
from apps.support.notes import write_note
from apps.support.proposals import Wish, decline, foresee, request
from apps.wallets.models import Wallet
from apps.wallets.selectors import find_wallet


def staff(key: str) -> User:
    return User.objects.get(platform_id=key)


def key_of(past: Past) -> UUID:
    """A form's key, drawn like everything else."""
    return UUID(int=past.random.getrandbits(128), version=4)


def wallet_of(house: House, key: str | None = None) -> Wallet:
    if key is None:
        return find_wallet("organisation", house.key)
    return find_wallet("user", house.user(key))


def confirm(
    past: Past, kind: str, payload: Payload, reason: str, by: str, at: datetime, *, case: Case | None = None
) -> Proposal:
    """Look at what would be done, and confirm it."""
    effect, _ = foresee(kind, payload, by=staff(by), at=at)
    wish = Wish(kind, payload, reason, effect.seen, key_of(past))
    return request(wish=wish, by=staff(by), at=at, case=case)


def adjust(
    past: Past, wallet: Wallet, tokens: int, reason: str, by: str, at: datetime, *, case: Case | None = None
) -> Proposal:
    """Credit whole tokens to, or take them from, the purchased bucket."""
    payload = {"wallet": wallet.pk, "bucket": "purchased", "tokens": tokens * MICRO}
    return confirm(past, "adjust_wallet", payload, reason, by, at, case=case)


def report(
    past: Past, by: User, category: str, text: str, at: datetime, *, charge_id: int | None = None
) -> Case:
    """Somebody reports a problem, about a charge or in general."""
    thing = Thing(wallet_id=find_wallet("user", by.platform_id).pk, charge_id=charge_id)
    return open_case(thing=thing, category=category, text=text, form_key=key_of(past), by=by, at=at)


def answer(past: Past, case: Case, text: str, then: str, at: datetime) -> None:
    """Support answers."""
    answer_case(case_id=case.pk, text=text, then=then, form_key=key_of(past), by=staff("support"), at=at)


def ask_to_be_told(past: Past, at: datetime) -> None:
    """Owners and one learner want to know when a wallet runs low."""
    for house, key, tokens in ((ALDERMOOR, None, 2_000), (LINGUA, None, 8_000), (ALDERMOOR, "learner", 100)):
        wallet = wallet_of(house, key)
        set_alert(
            wallet_id=wallet.pk, below=tokens * MICRO, actor=f"user:{house.user(key or 'owner')}", at=at
        )


def poor_answer(past: Past, at: datetime) -> None:
    """An answer broke off: reported, refunded, solved within the hour."""
    ada = user_of(ALDERMOOR, "learner")
    asked = past.desk.conversation(ALDERMOOR, ada.platform_id)
    charge = past.charge(replace(asked, capture=True), at)
    text = "The tutor stopped in the middle of a sentence, and the rest never came."
    case = report(
        past, ada, "quality", text, at + timedelta(minutes=9), charge_id=charge.id if charge else None
    )
    if charge is not None:
        payload = {"charge": charge.id, "tokens": charge.refundable}
        reason = "The answer broke off"
        confirm(past, "refund_charge", payload, reason, "support", at + timedelta(minutes=40), case=case)
    text = "You are right, the connection broke off. You have all of it back. Sorry for the trouble."
    answer(past, case, text, "solved", at + timedelta(minutes=42))


def freeze(past: Past, at: datetime) -> None:
    """A wallet is frozen, and its owner asks why."""
    payload = {"wallet": wallet_of(ALDERMOOR, FROZEN.key).pk}
    reason = "Used from four countries within an hour; waiting for his answer"
    confirm(past, "freeze_wallet", payload, reason, "finance", at)
    note = "Called the college: they did not know of it. He should change his password first."
    write_note(
        wallet=wallet_of(ALDERMOOR, FROZEN.key),
        text=note,
        form_key=key_of(past),
        by=staff("support"),
        at=at + timedelta(minutes=30),
    )


def frozen_owner_asks(past: Past, at: datetime) -> None:
    felix = user_of(ALDERMOOR, FROZEN.key)
    case = report(past, felix, "other", "Why is my wallet frozen? I have an exam next week.", at)
    text = "It was used from four countries within an hour. Please change your password and tell us."
    answer(past, case, text, "waiting", at + timedelta(hours=2))


def counted_twice(past: Past, at: datetime) -> None:
    """A correction within finance's own reach."""
    adjust(past, wallet_of(LINGUA), 120, "Two lessons of the pilot were counted twice", "finance", at)
    note = "Contract until July; asks for a monthly report by mail."
    write_note(wallet=wallet_of(LINGUA), text=note, form_key=key_of(past), by=staff("finance"), at=at)


def too_generous(past: Past, at: datetime) -> None:
    """What support proposed and finance declined."""
    wallet = wallet_of(PIXELWORKS, "sana.iqbal")
    asked = adjust(past, wallet, 400, "Thanks for her patience", "support", at)
    note = "Her tokens were never touched: the studio paid all of it."
    decline(proposal_id=asked.pk, note=note, by=staff("finance"), at=at + timedelta(hours=3))


def charged_twice(past: Past, at: datetime) -> None:
    """Support has asked back, and waits for the answer."""
    noor = user_of(LINGUA, "learner")
    asked = past.desk.request(LINGUA, noor.platform_id, LIVE_EXAMINER)
    charge = past.charge(replace(asked, capture=True), at)
    text = "I spoke with the examiner once and see it twice."
    case = report(past, noor, "cost", text, at + timedelta(hours=1), charge_id=charge.id if charge else None)
    question = "We see two attempts, 20 minutes apart. Did the second one end early?"
    answer(past, case, question, "waiting", at + timedelta(hours=3))


def broken_recording(past: Past, at: datetime) -> None:
    """Support may only propose: it waits for finance."""
    yuki = user_of(LINGUA, "yuki.tanaka")
    text = "The recording was empty twice, and I had to pay for a third attempt."
    case = report(past, yuki, "quality", text, at)
    take_case(case_id=case.pk, by=staff("support"), at=at + timedelta(hours=1))
    wallet = wallet_of(LINGUA, "yuki.tanaka")
    reason = "Paid for two attempts whose recordings were empty"
    adjust(past, wallet, 40, reason, "support", at + timedelta(hours=1, minutes=20), case=case)


def large_voucher(past: Past, at: datetime) -> None:
    """Above what finance may move alone: it waits for a second person."""
    adjust(past, wallet_of(ALDERMOOR), 2_500, "Voucher of the spring fair", "finance", at)


def limit_in_the_way(past: Past, at: datetime) -> None:
    """Nobody has looked at this one yet."""
    ella = user_of(PIXELWORKS, "learner")
    text = "My limit for the day is reached before noon. Who can raise it?"
    case = report(past, ella, "other", text, at)
    more = "It is about the mascot; the deadline is on Friday."
    write_to_case(case_id=case.pk, text=more, form_key=key_of(past), by=ella, at=at + timedelta(minutes=4))
