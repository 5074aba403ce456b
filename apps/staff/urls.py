"""Addresses of the staff's own pages, all below the admin's; each asks for the second factor like it."""

from __future__ import annotations

from django.contrib import admin
from django.urls import path
from django.views.generic import RedirectView

from apps.staff import views
from apps.staff.jobs import views as jobs

guarded = admin.site.admin_view

urlpatterns = [
    path("", guarded(views.start), name="staff_start"),
    path("search/", guarded(views.find), name="staff_search"),
    path(
        "wallets/wallet/<int:wallet_id>/explain/<slug:what>/",
        guarded(views.explain_wallet),
        name="staff_explain_wallet",
    ),
    path("export/<slug:app>/<slug:model>.csv", guarded(views.export), name="staff_export"),
    path("saved/", guarded(views.keep_filter), name="staff_save_filter"),
    path("saved/<int:filter_id>/remove/", guarded(views.forget_filter), name="staff_remove_filter"),
    path("password_change/", guarded(RedirectView.as_view(pattern_name="account_change_password"))),
    path("jobs/", guarded(jobs.jobs), name="staff_jobs"),
    path("jobs/start/", guarded(jobs.start), name="staff_start_run"),
    path("jobs/runs/<int:run_id>/", guarded(jobs.run), name="staff_run"),
    path("jobs/runs/<int:run_id>/retry/", guarded(jobs.retry), name="staff_retry_run"),
    path("proof/", guarded(views.proof), name="staff_proof"),
    path("proof/run/", guarded(views.run_proof), name="staff_run_proof"),
]
