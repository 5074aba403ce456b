"""Addresses of resources, bills and entitlements."""

from __future__ import annotations

from django.urls import URLPattern, path

from apps.api.hosting import views

urlpatterns: list[URLPattern] = [
    path("resources/<str:kind>/<str:resource_id>", views.ResourceEndpoint.as_view()),
    path("bills", views.BillsEndpoint.as_view()),
    path("entitlements", views.EntitlementsEndpoint.as_view()),
]
