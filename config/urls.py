"""Addresses: pages at the root, the API under /api/v1/, staff under /admin/, log-in under /accounts/."""

from importlib.util import find_spec

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from config import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("admin/", include("apps.staff.urls")),  # before the admin's own, of which it replaces some
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
]
if find_spec("apps.api.urls"):
    urlpatterns.append(path("api/v1/", include("apps.api.urls")))
if find_spec("apps.portal.urls"):
    urlpatterns.append(path("", include("apps.portal.urls")))
