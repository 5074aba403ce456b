"""Organisations, their members and their cost centres over HTTP."""

from __future__ import annotations

import pytest

from apps.identity.models import AuditRecord
from tests.cast import Platform, a_member, a_user, an_organisation, body_of, give


def test_an_organisation_is_made_and_changed(platform: Platform) -> None:
    made = platform.put("organisations/school", {"name": "School", "price_book": "studio"})
    assert made.status_code == 201
    changed = platform.put("organisations/school", {"name": "The school", "time_zone": "Asia/Tokyo"})
    assert changed.status_code == 200
    assert body_of(changed) == {
        "id": "school",
        "name": "The school",
        "price_book": "studio",
        "time_zone": "Asia/Tokyo",
        "unlimited": False,
        "created_at": "2026-11-02T12:00:00Z",
    }
    assert body_of(platform.get("organisations/school")) == body_of(changed)


def test_an_organisation_has_no_free_tokens_by_itself(platform: Platform) -> None:
    platform.put("organisations/school", {"name": "School"})
    wallet = body_of(platform.get("organisations/school/wallet"))
    assert wallet["owner"] == {"type": "organisation", "id": "school"}
    assert set(wallet["balance"].values()) == {"0"}


def test_becoming_unlimited_leaves_a_record(platform: Platform) -> None:
    platform.put("organisations/school", {"name": "School"})
    assert body_of(platform.put("organisations/school", {"name": "School", "unlimited": True}))["unlimited"]
    record = AuditRecord.objects.get(subject="organisation:school")
    assert record.before is not None
    assert record.after is not None
    assert (record.before["unlimited"], record.after["unlimited"]) == (False, True)


def test_an_organisation_below_zero_stays_unlimited(platform: Platform) -> None:
    school = an_organisation("school", unlimited=True)
    a_member(school, "ada")
    give(school, "ada", "10")
    assert body_of(platform.get("organisations/school/wallet"))["balance"]["available"] == "-10"
    refused = platform.put("organisations/school", {"name": "School", "unlimited": False})
    assert (refused.status_code, body_of(refused)["code"]) == (409, "invalid_state")


def test_the_price_book_of_a_used_wallet_stays(platform: Platform) -> None:
    an_organisation("school")
    moved = {"name": "School", "price_book": "studio"}
    assert platform.put("organisations/school", moved).status_code == 200
    an_organisation("academy", credit="1")
    refused = platform.put("organisations/academy", {"name": "Academy", "price_book": "studio"})
    assert (refused.status_code, body_of(refused)["code"]) == (409, "invalid_state")


def test_members_come_and_change_their_role(platform: Platform) -> None:
    an_organisation("school")
    a_user("ada")
    made = platform.put("organisations/school/members/ada", {"role": "member"})
    assert made.status_code == 201
    changed = platform.put("organisations/school/members/ada", {"role": "teacher"})
    assert (changed.status_code, body_of(changed)) == (
        200,
        {
            "organisation": "school",
            "user": "ada",
            "role": "teacher",
            "joined_at": "2026-11-02T12:00:00Z",
        },
    )
    records = AuditRecord.objects.filter(action__startswith="member.").order_by("pk")
    assert [(r.action, r.before, r.after) for r in records] == [
        ("member.join", None, {"user": "ada", "role": "member"}),
        ("member.change", {"user": "ada", "role": "member"}, {"user": "ada", "role": "teacher"}),
    ]


def test_the_same_role_again_changes_nothing(platform: Platform) -> None:
    a_member(an_organisation("school"), "ada")
    before = AuditRecord.objects.count()
    assert platform.put("organisations/school/members/ada", {"role": "member"}).status_code == 200
    assert AuditRecord.objects.count() == before


@pytest.mark.parametrize("path", ["organisations/nowhere/members/ada", "organisations/school/members/nobody"])
def test_members_need_a_known_person_and_organisation(platform: Platform, path: str) -> None:
    an_organisation("school")
    a_user("ada")
    assert platform.put(path, {"role": "member"}).status_code == 404
    assert platform.delete(path).status_code == 404


def test_the_last_owner_can_neither_be_demoted_nor_leave(platform: Platform) -> None:
    school = an_organisation("school")
    a_member(school, "ada", role="owner")
    for refused in (
        platform.put("organisations/school/members/ada", {"role": "admin"}),
        platform.delete("organisations/school/members/ada"),
    ):
        assert (refused.status_code, body_of(refused)["code"]) == (409, "invalid_state")
    a_member(school, "bob", role="owner")
    assert platform.delete("organisations/school/members/ada").status_code == 204


def test_leaving_returns_what_is_unspent(platform: Platform) -> None:
    school = an_organisation("school", credit="100")
    a_member(school, "ada")
    give(school, "ada", "60")
    gone = platform.delete("organisations/school/members/ada")
    assert (gone.status_code, gone.content) == (204, b"")
    assert body_of(platform.get("organisations/school/wallet"))["balance"]["purchased"] == "100"
    assert body_of(platform.get("users/ada/wallet"))["allocations"] == []
    assert platform.delete("organisations/school/members/ada").status_code == 404


def test_members_are_listed_newest_first_and_without_those_who_left(platform: Platform) -> None:
    school = an_organisation("school")
    for key in ("ada", "bob", "cem", "dee"):
        a_member(school, key)
    platform.delete("organisations/school/members/bob")
    first = body_of(platform.get("organisations/school/members", limit=2))
    second = body_of(platform.get("organisations/school/members", limit=2, cursor=first["next"]))
    assert [member["user"] for member in first["results"]] == ["dee", "cem"]
    assert [member["user"] for member in second["results"]] == ["ada"]
    assert second["next"] is None


def test_cost_centres_lie_one_inside_the_other(platform: Platform) -> None:
    an_organisation("school")
    path = "organisations/school/cost-centres"
    assert platform.put(f"{path}/south", {"name": "South", "kind": "campus"}).status_code == 201
    made = platform.put(f"{path}/a1", {"name": "Spanish A1", "kind": "course", "parent": "south"})
    assert body_of(made)["parent"] == "south"
    renamed = platform.put(f"{path}/a1", {"name": "Spanish A1.1", "kind": "course"})
    assert (renamed.status_code, body_of(renamed)["parent"]) == (200, "south")
    circle = platform.put(f"{path}/south", {"name": "South", "kind": "campus", "parent": "a1"})
    assert (circle.status_code, list(body_of(circle)["errors"])) == (422, ["parent"])
    assert platform.put(f"{path}/a1", {"name": "A1", "kind": "course", "parent": "none"}).status_code == 404
    freed = platform.put(f"{path}/a1", {"name": "A1", "kind": "course", "parent": None})
    assert body_of(freed)["parent"] is None
    assert [centre["id"] for centre in body_of(platform.get(path))["results"]] == ["a1", "south"]


def test_a_cost_centre_is_not_its_own_parent(platform: Platform) -> None:
    an_organisation("school")
    path = "organisations/school/cost-centres/south"
    body = {"name": "South", "kind": "campus"}
    assert platform.put(path, {**body, "parent": "south"}).status_code in (404, 422)
    platform.put(path, body)
    assert platform.put(path, {**body, "parent": "south"}).status_code == 422
