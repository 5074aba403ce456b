"""Addresses of the staff's own pages, all below the admin's; each asks for the second factor like it."""

from __future__ import annotations

from django.contrib import admin
from django.urls import path

from apps.staff import views

guarded = admin.site.admin_view

urlpatterns = [
    path("search/", guarded(views.find), name="staff_search"),
    path(
        "wallets/wallet/<int:wallet_id>/explain/<slug:what>/",
        guarded(views.explain_wallet),
        name="staff_explain_wallet",
    ),
    path("proof/", guarded(views.proof), name="staff_proof"),
    path("proof/run/", guarded(views.run_proof), name="staff_run_proof"),
]
