"""Paths of the detectors API; `abusedesk/api.py` includes them under `v1/`."""

from __future__ import annotations

from django.urls import path

from detectors.api import views

urlpatterns = [
    path("signals/", views.SignalsView.as_view(), name="api-signals"),
    path("signals/<int:signal_id>/", views.SignalView.as_view(), name="api-signal"),
    path("dead-letters/", views.DeadLettersView.as_view(), name="api-dead-letters"),
    path("dead-letters/<int:letter_id>/", views.DeadLetterView.as_view(), name="api-dead-letter"),
    path(
        "dead-letters/<int:letter_id>/replay/",
        views.ReplayView.as_view(),
        name="api-dead-letter-replay",
    ),
    path(
        "dead-letters/<int:letter_id>/discard/",
        views.DiscardView.as_view(),
        name="api-dead-letter-discard",
    ),
]
