"""The table of admin.md: what each role sees, does, proposes and approves."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser, Group

from apps.identity.models import User
from apps.support.roles import Action, Reach, Role, may, may_alone, reach, reach_of

NOTHING, PROPOSE, DO = Reach.NOTHING, Reach.PROPOSE, Reach.DO

WANTED = {
    Action.READ: (DO, DO, DO),
    Action.ANSWER: (DO, DO, DO),
    Action.NOTE: (DO, DO, DO),
    Action.REFUND: (DO, DO, DO),
    Action.RELEASE: (DO, DO, DO),
    Action.ADJUST: (PROPOSE, DO, NOTHING),
    Action.FREEZE: (PROPOSE, DO, NOTHING),
    Action.REFUND_PURCHASE: (PROPOSE, DO, NOTHING),
    Action.VOID_BILL: (PROPOSE, DO, NOTHING),
    Action.PROMOTE: (PROPOSE, DO, NOTHING),
    Action.APPROVE: (NOTHING, DO, NOTHING),
    Action.PRICE: (NOTHING, PROPOSE, NOTHING),
    Action.RUN_JOBS: (NOTHING, NOTHING, DO),
    Action.API_CLIENTS: (NOTHING, NOTHING, DO),
    Action.UNLIMITED: (NOTHING, NOTHING, DO),
    Action.STAFF: (NOTHING, NOTHING, NOTHING),
}


@pytest.mark.parametrize("action", Action)
def test_each_role_goes_as_far_as_the_table_says(action: Action) -> None:
    assert tuple(reach_of([role], action) for role in Role) == WANTED[action]
    assert reach_of([], action) == NOTHING
    assert reach_of([], action, superuser=True) == DO


def test_who_has_two_roles_goes_as_far_as_the_further_one() -> None:
    assert reach_of([Role.SUPPORT, Role.FINANCE], Action.ADJUST) == DO


@pytest.fixture
def clerk(db: None) -> User:
    user = User.objects.create_user("clerk", is_staff=True)
    user.groups.add(Group.objects.get(name="support"))
    return user


def test_a_person_has_the_roles_of_their_groups(clerk: User) -> None:
    assert may(clerk, "adjust")
    assert not may_alone(clerk, "adjust")
    assert may_alone(clerk, "refund")
    assert not may(clerk, "approve")


def test_a_group_without_staff_standing_is_nothing(clerk: User) -> None:
    clerk.is_staff = False
    assert not may(clerk, "read")
    clerk.is_staff, clerk.is_active = True, False
    assert not may(clerk, "read")
    assert not may(AnonymousUser(), "read")


def test_an_unknown_action_is_an_error_and_not_a_no(clerk: User) -> None:
    with pytest.raises(ValueError, match="is not a valid Action"):
        reach(clerk, "adjusting")


def test_groups_may_look_at_the_books_and_change_nothing(clerk: User) -> None:
    assert clerk.has_perm("ledger.view_transfer")
    assert clerk.has_perm("wallets.view_wallet")
    assert clerk.has_perm("usage.view_charge")
    assert clerk.has_perm("identity.view_auditrecord")
    assert not clerk.has_perm("identity.view_apikey")
    assert {name.split(".")[1].split("_")[0] for name in clerk.get_all_permissions()} == {"view"}


def test_only_operations_look_at_keys(clerk: User) -> None:
    clerk.groups.set(Group.objects.filter(name="operations"))
    assert clerk.has_perm("identity.view_apikey")
    assert not clerk.has_perm("identity.view_idempotencykey")
