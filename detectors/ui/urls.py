"""Pages of signals and detectors."""

from __future__ import annotations

from django.urls import path

from detectors.ui import views

app_name = "detectors"
urlpatterns = [
    path("signals/", views.signal_list, name="signal-list"),
    path("signals/<int:signal_id>/", views.signal_detail, name="signal-detail"),
    path("detectors/", views.detector_list, name="detector-list"),
    path("detectors/<slug:slug>/", views.detector_detail, name="detector-detail"),
]
