"""Addresses of MISP feeds: a folder for each circle."""

from __future__ import annotations

from django.urls import path, re_path

from cases.misp import views

app_name = "misp"
FOLDER = "<slug:circle_slug>/"
urlpatterns = [
    path(f"{FOLDER}manifest.json", views.manifest, name="manifest"),
    path(f"{FOLDER}hashes.csv", views.hashes, name="hashes"),
    path(f"{FOLDER}<uuid:event_uuid>.json", views.event, name="event"),
    re_path(r"^(?P<path>[\s\S]*)$", views.nowhere, name="nowhere"),
]
