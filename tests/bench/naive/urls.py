"""Scrip's addresses, and the naive charge beside them."""

from django.urls import include, path

from tests.bench.naive.views import charge

urlpatterns = [path("naive/charges", charge), path("", include("config.urls"))]
