"""Paths of the detectors API; `abusedesk/api.py` includes them under `v1/`."""

from __future__ import annotations

from django.urls import path

from detectors.api import adapters, letters, sources, tuning, views

urlpatterns = [
    path("detectors/", tuning.DetectorsView.as_view(), name="api-detectors"),
    path("detectors/<slug:slug>/", tuning.DetectorView.as_view(), name="api-detector"),
    path("findings/", tuning.FindingsView.as_view(), name="api-findings"),
    path("findings/<int:finding_id>/", tuning.FindingView.as_view(), name="api-finding"),
    path("ingest/", adapters.AdaptersView.as_view(), name="api-adapters"),
    path("ingest/<str:adapter>/", adapters.AdapterView.as_view(), name="api-adapter"),
    path("signals/", views.SignalsView.as_view(), name="api-signals"),
    path("signals/<int:signal_id>/", views.SignalView.as_view(), name="api-signal"),
    path("dead-letters/", views.DeadLettersView.as_view(), name="api-dead-letters"),
    path("dead-letters/reasons/", letters.ReasonsView.as_view(), name="api-dead-letter-reasons"),
    path("dead-letters/jobs/", letters.LetterJobsView.as_view(), name="api-letter-jobs"),
    path("dead-letters/jobs/<int:job_id>/", letters.LetterJobView.as_view(), name="api-letter-job"),
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
    path("sources/", sources.SourcesView.as_view(), name="api-sources"),
    path("sources/<slug:slug>/", sources.SourceView.as_view(), name="api-source"),
]
