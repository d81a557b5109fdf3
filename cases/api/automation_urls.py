"""Paths of automation and of protected entities in the API."""

from __future__ import annotations

from django.urls import path

from cases.api import automation, protected

ONE = "detectors/<slug:slug>/automation/"
urlpatterns = [
    path("automations/", automation.AutomationsView.as_view(), name="api-automations"),
    path(ONE, automation.DetectorAutomationView.as_view(), name="api-detector-automation"),
    path(
        f"{ONE}<int:automation_id>/",
        automation.AutomationSettleView.as_view(),
        name="api-detector-automation-settle",
    ),
    path(
        f"{ONE}resume/",
        automation.AutomationResumeView.as_view(),
        name="api-detector-automation-resume",
    ),
    path(f"{ONE}actions/", automation.AutomatedActionsView.as_view(), name="api-detector-actions"),
    path(f"{ONE}held/", automation.HeldView.as_view(), name="api-detector-held"),
    path(f"{ONE}undos/", automation.DetectorUndosView.as_view(), name="api-detector-undos"),
    path(
        f"{ONE}undos/<int:undo_id>/",
        automation.DetectorUndoView.as_view(),
        name="api-detector-undo",
    ),
    path("protected/", protected.ProtectedView.as_view(), name="api-protected"),
    path(
        "protected/<int:entry_id>/",
        protected.ProtectedEntryView.as_view(),
        name="api-protected-entry",
    ),
]
