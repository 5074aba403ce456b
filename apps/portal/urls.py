"""Addresses of the pages for people."""

from django.urls import path

from apps.portal import views

urlpatterns = [
    path("", views.start, name="start"),
    path("wallet/", views.wallet, name="wallet"),
    path("orgs/<slug:slug>/", views.organisation, name="organisation"),
    path("rates/", views.first_rates, name="first_rates"),
    path("rates/<slug:book>/", views.rates, name="rates"),
    path("theme/", views.theme, name="theme"),
]
