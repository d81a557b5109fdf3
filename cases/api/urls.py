"""Paths of the cases API; `abusedesk/api.py` includes them under `v1/`."""

from __future__ import annotations

from django.urls import path, re_path
from rest_framework.routers import SimpleRouter

from cases.api import content, retention
from cases.api.views import CaseViewSet

CASE = r"^cases/(?P<ref>AD-[0-9]{1,18})/"

router = SimpleRouter()
router.register("cases", CaseViewSet, basename="api-case")
urlpatterns = [
    *router.urls,
    re_path(rf"{CASE}notes/$", content.NotesView.as_view(), name="api-case-notes"),
    re_path(rf"{CASE}tasks/$", content.TasksView.as_view(), name="api-case-tasks"),
    re_path(
        rf"{CASE}tasks/(?P<task_id>[0-9]{{1,18}})/$",
        content.TaskView.as_view(),
        name="api-case-task",
    ),
    re_path(rf"{CASE}files/$", content.FilesView.as_view(), name="api-case-files"),
    re_path(
        rf"{CASE}files/(?P<file_id>[0-9]{{1,18}})/$",
        content.FileView.as_view(),
        name="api-case-file",
    ),
    re_path(
        rf"{CASE}files/(?P<file_id>[0-9]{{1,18}})/custody/$",
        content.CustodyView.as_view(),
        name="api-case-custody",
    ),
    re_path(rf"{CASE}watchers/$", content.WatchersView.as_view(), name="api-case-watchers"),
    re_path(rf"{CASE}related/$", content.RelatedView.as_view(), name="api-case-related"),
    re_path(
        rf"{CASE}related/(?P<other>AD-[0-9]{{1,18}})/$",
        content.LinkView.as_view(),
        name="api-case-link",
    ),
    re_path(rf"{CASE}timeline/$", content.TimelineView.as_view(), name="api-case-timeline"),
    path("retention/rules/", retention.RulesView.as_view(), name="api-retention-rules"),
    path("retention/rules/<int:rule_id>/", retention.RuleView.as_view(), name="api-retention-rule"),
    path("retention/plans/", retention.PlansView.as_view(), name="api-retention-plans"),
    path("retention/plans/<int:run_id>/", retention.PlanView.as_view(), name="api-retention-plan"),
    path(
        "retention/plans/<int:run_id>/purge/",
        retention.PurgeView.as_view(),
        name="api-retention-purge",
    ),
    path(
        "retention/plans/<int:run_id>/stop/",
        retention.StopView.as_view(),
        name="api-retention-stop",
    ),
    path("retention/holds/", retention.HoldsView.as_view(), name="api-retention-holds"),
    path(
        "retention/holds/<int:hold_id>/release/",
        retention.ReleaseView.as_view(),
        name="api-retention-release",
    ),
]
