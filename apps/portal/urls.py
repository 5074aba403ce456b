"""Addresses of the pages for people."""

from django.urls import path

from apps.portal import views

urlpatterns = [
    path("", views.start, name="start"),
    path("wallet/", views.wallet, name="wallet"),
    path("orgs/<slug:slug>/", views.organisation, name="organisation"),
    path("theme/", views.theme, name="theme"),
]
