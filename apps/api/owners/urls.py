"""Addresses of users, organisations and wallets."""

from __future__ import annotations

from django.urls import URLPattern, path

from apps.api.owners import organisations, rules, runs, users, wallets

_ORGANISATION = "organisations/<str:organisation_id>"

urlpatterns: list[URLPattern] = [
    path("users/<str:user_id>", users.UserEndpoint.as_view()),
    path("users/<str:user_id>/wallet", wallets.UserWalletEndpoint.as_view()),
    path("users/<str:user_id>/budget", users.BudgetEndpoint.as_view()),
    path(_ORGANISATION, organisations.OrganisationEndpoint.as_view()),
    path(f"{_ORGANISATION}/wallet", wallets.OrganisationWalletEndpoint.as_view()),
    path(f"{_ORGANISATION}/members", organisations.MembersEndpoint.as_view()),
    path(f"{_ORGANISATION}/members/<str:user_id>", organisations.MemberEndpoint.as_view()),
    path(f"{_ORGANISATION}/cost-centres", organisations.CostCentresEndpoint.as_view()),
    path(f"{_ORGANISATION}/cost-centres/<str:cost_centre_id>", organisations.CostCentreEndpoint.as_view()),
    path(f"{_ORGANISATION}/funding", rules.FundingEndpoint.as_view()),
    path(f"{_ORGANISATION}/limits", rules.LimitsEndpoint.as_view()),
    path(f"{_ORGANISATION}/allocations", runs.AllocationsEndpoint.as_view()),
    path(f"{_ORGANISATION}/reclaims", runs.ReclaimsEndpoint.as_view()),
    path("credits", wallets.CreditsEndpoint.as_view()),
    path("wallets/<str:owner_type>/<str:owner_id>/transactions", wallets.TransactionsEndpoint.as_view()),
]
