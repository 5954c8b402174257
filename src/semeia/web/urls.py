"""What answers which address: the API, the one-time link, and the page for everything else."""

from __future__ import annotations

from django.urls import path, re_path

from semeia.web.api import api
from semeia.web.page import enter, page

urlpatterns = [
    path("api/", api.urls),
    path("enter/<str:token>", enter),
    re_path(r"^(?!api/|assets/|static/).*$", page),
]
