"""Addresses of the TAXII server."""

from __future__ import annotations

from django.urls import path, re_path

from cases.taxii import views

app_name = "taxii"
ROOT = "<slug:circle_slug>/"
ONE = f"{ROOT}collections/<str:collection_id>/"
urlpatterns = [
    path("", views.discovery, name="discovery"),
    path(ROOT, views.root, name="root"),
    path(f"{ROOT}status/<str:status_id>/", views.status, name="status"),
    path(f"{ROOT}collections/", views.collections, name="collections"),
    path(ONE, views.collection, name="collection"),
    path(f"{ONE}objects/", views.objects, name="objects"),
    path(f"{ONE}manifest/", views.manifest, name="manifest"),
    path(f"{ONE}objects/<str:object_id>/", views.object, name="object"),
    path(f"{ONE}objects/<str:object_id>/versions/", views.versions, name="versions"),
    re_path(r"^(?P<path>[\s\S]*)$", views.nowhere, name="nowhere"),
]
