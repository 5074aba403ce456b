"""Addresses of charging."""

from __future__ import annotations

from django.urls import URLPattern, path

from apps.api.charging import events, rates, views

urlpatterns: list[URLPattern] = [
    path("estimates", views.Estimates.as_view(), name="api-estimates"),
    path("charges", views.Charges.as_view(), name="api-charges"),
    path("charges/<str:charge>", views.Charge.as_view(), name="api-charge"),
    path("charges/<str:charge>/capture", views.Capture.as_view(), name="api-capture"),
    path("charges/<str:charge>/extend", views.Extend.as_view(), name="api-extend"),
    path("charges/<str:charge>/release", views.Release.as_view(), name="api-release"),
    path("charges/<str:charge>/refund", views.Refund.as_view(), name="api-refund"),
    path("usage", events.Usage.as_view(), name="api-usage"),
    path("rates", rates.Rates.as_view(), name="api-rates"),
]
