"""Paths of the cases API; `abusedesk/api.py` includes them under `v1/`."""

from __future__ import annotations

from django.urls import path
from rest_framework.routers import SimpleRouter

from cases.api import lineage, retention
from cases.api.views import CaseViewSet

router = SimpleRouter()
router.register("cases", CaseViewSet, basename="api-case")
urlpatterns = [
    *router.urls,
    path("cases/<str:ref>/lineage/", lineage.LineageView.as_view(), name="api-case-lineage"),
    path(
        "cases/<str:ref>/lineage/<int:lineage_id>/undo/",
        lineage.LineageUndoView.as_view(),
        name="api-case-lineage-undo",
    ),
    path("cases/<str:ref>/merge/", lineage.MergeView.as_view(), name="api-case-merge"),
    path("cases/<str:ref>/cut/", lineage.CutView.as_view(), name="api-case-cut"),
    path(
        "cases/<str:ref>/cut/preview/",
        lineage.CutPreviewView.as_view(),
        name="api-case-cut-preview",
    ),
    path("proposals/", lineage.ProposalsView.as_view(), name="api-proposals"),
    path("proposals/<int:proposal_id>/", lineage.ProposalView.as_view(), name="api-proposal"),
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
