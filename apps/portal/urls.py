"""Addresses of the pages for people."""

from django.urls import path

from apps.portal import views
from apps.portal.allocations_page import views as allocating
from apps.portal.allocations_page.ending import bar_roles, end_repeating
from apps.portal.audit_page.views import audit_csv, organisation_audit
from apps.portal.bills_page.views import bill, bills, bills_csv
from apps.portal.budget_page import asking
from apps.portal.budget_page import views as budget
from apps.portal.calculator import keeping
from apps.portal.calculator.views import operation_calculator, organisation_calculator
from apps.portal.centres_page import changing
from apps.portal.centres_page import views as centres
from apps.portal.charge_page import views as charge
from apps.portal.closing_page.views import close
from apps.portal.coverage_page.views import coverage, coverage_csv
from apps.portal.keys_page.views import organisation_keys, revoke_key, rotate_key
from apps.portal.limits_page import views as limiting
from apps.portal.members_page import acting
from apps.portal.members_page.changing import change_member
from apps.portal.members_page.views import members, members_csv
from apps.portal.notices_page.views import notices, read_notices
from apps.portal.plan_page.views import (
    generations_csv,
    my_generations,
    my_generations_csv,
    organisation_plan,
)
from apps.portal.postpaid_page.views import usage_statement, usage_statements, usage_statements_csv
from apps.portal.problems_page.views import problem, problems, report_problem
from apps.portal.requests_page.views import requests, requests_csv
from apps.portal.settings_page.views import organisation_settings
from apps.portal.statement_page.views import latest_statement, statement, statement_csv, statement_pdf
from apps.portal.transactions import views as transactions
from apps.portal.usage_page.views import usage, usage_csv

urlpatterns = [
    path("", views.start, name="start"),
    path("wallet/", views.wallet, name="wallet"),
    path("wallet/transactions/", transactions.transactions, name="transactions"),
    path("wallet/transactions.csv", transactions.transactions_csv, name="transactions_csv"),
    path("budget/", budget.budget, name="budget"),
    path("budget/generations/", my_generations, name="my_generations"),
    path("budget/generations.csv", my_generations_csv, name="my_generations_csv"),
    path("budget/more/", asking.ask, name="ask_for_more"),
    path("budget/requests/<int:request_id>/withdraw/", asking.withdraw, name="withdraw_request"),
    path("notices/", notices, name="notices"),
    path("notices/read/", read_notices, name="read_notices"),
    path("invitations/<str:link>/", acting.invitation, name="invitation"),
    path("orgs/<slug:slug>/requests/", requests, name="organisation_requests"),
    path("orgs/<slug:slug>/requests.csv", requests_csv, name="requests_csv"),
    path("orgs/<slug:slug>/leave/", acting.leave, name="leave_organisation"),
    path("orgs/<slug:slug>/members/invitations/", acting.invitations, name="invitations"),
    path(
        "orgs/<slug:slug>/members/invitations/<int:number>/revoke/", acting.revoke, name="revoke_invitation"
    ),
    path("orgs/<slug:slug>/members/<str:key>/", acting.member, name="member"),
    path("orgs/<slug:slug>/members/<str:key>/change/", change_member, name="change_member"),
    path("orgs/<slug:slug>/allocations/", allocating.allocations, name="allocations"),
    path("orgs/<slug:slug>/allocations/new/", allocating.allocate_tokens, name="allocate_tokens"),
    path("orgs/<slug:slug>/allocations/reclaim/", allocating.reclaim_tokens, name="reclaim_tokens"),
    path("orgs/<slug:slug>/allocations/move/", allocating.move_tokens, name="move_tokens"),
    path("orgs/<slug:slug>/allocations/A-<int:number>/", allocating.allocation, name="allocation"),
    path("orgs/<slug:slug>/allocations/A-<int:number>.csv", allocating.allocation_csv, name="allocation_csv"),
    path(
        "orgs/<slug:slug>/allocations/repeating/<int:number>/end/",
        end_repeating,
        name="end_repeating",
    ),
    path("orgs/<slug:slug>/limits/", limiting.organisation_limits, name="organisation_limits"),
    path("orgs/<slug:slug>/limits.csv", limiting.limits_csv, name="limits_csv"),
    path("orgs/<slug:slug>/limits/set/", limiting.set_limit, name="set_limit"),
    path("orgs/<slug:slug>/coverage/", coverage, name="coverage"),
    path("orgs/<slug:slug>/coverage.csv", coverage_csv, name="coverage_csv"),
    path("orgs/<slug:slug>/cost-centres/", centres.cost_centres, name="cost_centres"),
    path("orgs/<slug:slug>/cost-centres/new/", changing.change_cost_centre, name="new_cost_centre"),
    path("orgs/<slug:slug>/cost-centres/move/", centres.move_caps, name="move_caps"),
    path("orgs/<slug:slug>/cost-centres/is/<str:key>/", centres.cost_centre, name="cost_centre"),
    path(
        "orgs/<slug:slug>/cost-centres/is/<str:key>/change/",
        changing.change_cost_centre,
        name="change_cost_centre",
    ),
    path("orgs/<slug:slug>/plan/", organisation_plan, name="organisation_plan"),
    path("orgs/<slug:slug>/allocations.csv", allocating.allocations_csv, name="allocations_csv"),
    path("orgs/<slug:slug>/cost-centres.csv", centres.cost_centres_csv, name="cost_centres_csv"),
    path("orgs/<slug:slug>/generations.csv", generations_csv, name="generations_csv"),
    path("orgs/<slug:slug>/api/", organisation_keys, name="organisation_keys"),
    path("orgs/<slug:slug>/api/<int:key_id>/rotate/", rotate_key, name="rotate_organisation_key"),
    path("orgs/<slug:slug>/api/<int:key_id>/revoke/", revoke_key, name="revoke_organisation_key"),
    path("orgs/<slug:slug>/settings/", organisation_settings, name="organisation_settings"),
    path("orgs/<slug:slug>/close/", close, name="close_organisation"),
    path("orgs/<slug:slug>/allocations/roles/", bar_roles, name="bar_roles"),
    path("orgs/<slug:slug>/usage-statements/", usage_statements, name="usage_statements"),
    path("orgs/<slug:slug>/usage-statements.csv", usage_statements_csv, name="usage_statements_csv"),
    path("orgs/<slug:slug>/usage-statements/U-<int:number>/", usage_statement, name="usage_statement"),
    path("orgs/<slug:slug>/audit/", organisation_audit, name="organisation_audit"),
    path("orgs/<slug:slug>/audit.csv", audit_csv, name="organisation_audit_csv"),
    path("orgs/<slug:slug>/", views.organisation, name="organisation"),
    path("wallet/usage/", usage, name="usage"),
    path("wallet/usage.csv", usage_csv, name="usage_csv"),
    path("orgs/<slug:slug>/usage/", usage, name="organisation_usage"),
    path("orgs/<slug:slug>/usage.csv", usage_csv, name="organisation_usage_csv"),
    path("orgs/<slug:slug>/members/", members, name="members"),
    path("orgs/<slug:slug>/members.csv", members_csv, name="members_csv"),
    path(
        "orgs/<slug:slug>/transactions/",
        transactions.organisation_transactions,
        name="organisation_transactions",
    ),
    path(
        "orgs/<slug:slug>/transactions.csv",
        transactions.organisation_transactions_csv,
        name="organisation_transactions_csv",
    ),
    path("orgs/<slug:slug>/alert/", budget.organisation_alert, name="organisation_alert"),
    path("wallet/bills/", bills, name="bills"),
    path("wallet/bills.csv", bills_csv, name="bills_csv"),
    path("orgs/<slug:slug>/bills/", bills, name="organisation_bills"),
    path("orgs/<slug:slug>/bills.csv", bills_csv, name="organisation_bills_csv"),
    path("bills/B-<int:bill_id>/", bill, name="bill"),
    *(
        path(f"{prefix}statements/{rest}", view, name=f"{of}{name}")
        for prefix, of in (("wallet/", ""), ("orgs/<slug:slug>/", "organisation_"))
        for rest, view, name in (
            ("", latest_statement, "latest_statement"),
            ("<str:month>/", statement, "statement"),
            ("<str:month>.csv", statement_csv, "statement_csv"),
            ("<str:month>.pdf", statement_pdf, "statement_pdf"),
        )
    ),
    path("charges/<str:charge_id>/", charge.charge, name="charge"),
    path("problems/", problems, name="problems"),
    path("problems/new/", report_problem, name="report_problem"),
    path("problems/<int:case_id>/", problem, name="problem"),
    path("rates/", views.first_rates, name="first_rates"),
    path("rates/<slug:book>/", views.rates, name="rates"),
    path("calculator/", organisation_calculator, name="calculator"),
    path("calculator/operations/", operation_calculator, name="operation_calculator"),
    path("calculator/presets/", keeping.keep, name="save_preset"),
    path("calculator/presets/<int:preset>/rename/", keeping.rename, name="rename_preset"),
    path("calculator/presets/<int:preset>/delete/", keeping.delete, name="delete_preset"),
    path("theme/", views.theme, name="theme"),
]
