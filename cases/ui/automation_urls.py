"""Pages of automation and of protected entities."""

from __future__ import annotations

from django.urls import path

from cases.ui.views import automation, protected, version_undo

urlpatterns = [
    path("automation/", automation.automations, name="automations"),
    path("automation/<slug:slug>/", automation.detector_automation, name="detector-automation"),
    path(
        "automation/<slug:slug>/proposals/<int:automation_id>/",
        automation.automation_settle,
        name="detector-automation-settle",
    ),
    path("automation/<slug:slug>/end/", automation.automation_end, name="detector-automation-end"),
    path(
        "automation/<slug:slug>/resume/",
        automation.automation_resume,
        name="detector-automation-resume",
    ),
    path("automation/<slug:slug>/held/", automation.held_settle, name="detector-held"),
    path("automation/<slug:slug>/undo/", version_undo.detector_undo, name="detector-undo"),
    path(
        "automation/<slug:slug>/undo/<int:undo_id>/",
        version_undo.version_undo,
        name="detector-version-undo",
    ),
    path("settings/protected/", protected.protected, name="protected"),
    path("settings/protected/<int:entry_id>/end/", protected.protected_end, name="protected-end"),
]
