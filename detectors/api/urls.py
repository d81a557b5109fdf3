"""Paths of the detectors API; `abusedesk/api.py` includes them under `v1/`."""

from __future__ import annotations

from django.urls import path

from detectors.api import (
    adapters,
    alarms,
    backtests,
    dead_letters,
    declared,
    entities,
    entity_types,
    indicator_batches,
    letters,
    mappings,
    recompute,
    rules,
    sources,
    suppressions,
    tuning,
    versions,
    views,
    watch,
    what_if,
)

urlpatterns = [
    path("rules/", rules.RulesView.as_view(), name="api-rules"),
    path("rules/check/", rules.RuleCheckView.as_view(), name="api-rule-check"),
    path("declared-groups/", declared.DeclaredGroupsView.as_view(), name="api-declared-groups"),
    path(
        "declared-groups/<int:group_id>/",
        declared.DeclaredGroupView.as_view(),
        name="api-declared-group",
    ),
    path("detector-alarms/", alarms.DetectorAlarmsView.as_view(), name="api-detector-alarms"),
    path("detectors/", tuning.DetectorsView.as_view(), name="api-detectors"),
    path("detectors/<slug:slug>/", tuning.DetectorView.as_view(), name="api-detector"),
    path("detectors/<slug:slug>/try/", rules.DetectorTryView.as_view(), name="api-detector-try"),
    path(
        "detectors/<slug:slug>/backtests/",
        backtests.BacktestsView.as_view(),
        name="api-detector-backtests",
    ),
    path(
        "detectors/<slug:slug>/backtests/<int:backtest_id>/",
        backtests.BacktestView.as_view(),
        name="api-detector-backtest",
    ),
    path(
        "detectors/<slug:slug>/backtests/<int:backtest_id>/findings/",
        backtests.BacktestFindingsView.as_view(),
        name="api-detector-backtest-findings",
    ),
    path(
        "detectors/<slug:slug>/versions/",
        versions.VersionsView.as_view(),
        name="api-detector-versions",
    ),
    path(
        "detectors/<slug:slug>/versions/compare/",
        versions.ComparisonView.as_view(),
        name="api-detector-comparison",
    ),
    path(
        "detectors/<slug:slug>/rollback/",
        versions.RollbackView.as_view(),
        name="api-detector-rollback",
    ),
    path(
        "detectors/<slug:slug>/drafts/",
        versions.DraftsView.as_view(),
        name="api-detector-drafts",
    ),
    path(
        "detectors/<slug:slug>/drafts/<int:draft_id>/",
        versions.DraftView.as_view(),
        name="api-detector-draft",
    ),
    path(
        "detectors/<slug:slug>/drafts/<int:draft_id>/approve/",
        versions.DraftApproveView.as_view(),
        name="api-detector-draft-approve",
    ),
    path(
        "detectors/<slug:slug>/drafts/<int:draft_id>/reject/",
        versions.DraftRejectView.as_view(),
        name="api-detector-draft-reject",
    ),
    path(
        "detectors/<slug:slug>/drafts/<int:draft_id>/withdraw/",
        versions.DraftWithdrawView.as_view(),
        name="api-detector-draft-withdraw",
    ),
    path(
        "detectors/<slug:slug>/what-if/",
        what_if.WhatIfView.as_view(),
        name="api-detector-what-if",
    ),
    path("entities/", entities.EntitiesView.as_view(), name="api-entities"),
    path("entities/<int:entity_id>/", entities.EntityView.as_view(), name="api-entity"),
    path(
        "entities/<int:entity_id>/near-misses/",
        suppressions.NearMissesView.as_view(),
        name="api-near-misses",
    ),
    path("suppressions/", suppressions.SuppressionsView.as_view(), name="api-suppressions"),
    path(
        "suppressions/<int:suppression_id>/",
        suppressions.SuppressionView.as_view(),
        name="api-suppression",
    ),
    path("entity-types/", entity_types.EntityTypesView.as_view(), name="api-entity-types"),
    path("findings/", tuning.FindingsView.as_view(), name="api-findings"),
    path("findings/<int:finding_id>/", tuning.FindingView.as_view(), name="api-finding"),
    path(
        "findings/<int:finding_id>/recompute/",
        recompute.RecomputeView.as_view(),
        name="api-recompute",
    ),
    path(
        "indicator-imports/",
        indicator_batches.IndicatorBatchesView.as_view(),
        name="api-indicator-imports",
    ),
    path(
        "indicator-sources/",
        indicator_batches.IndicatorSourcesView.as_view(),
        name="api-indicator-sources",
    ),
    path(
        "indicator-imports/<int:batch_id>/",
        indicator_batches.IndicatorBatchView.as_view(),
        name="api-indicator-import",
    ),
    path(
        "indicator-imports/<int:batch_id>/rows/",
        indicator_batches.IndicatorRowsView.as_view(),
        name="api-indicator-import-rows",
    ),
    path(
        "indicator-imports/<int:batch_id>/accept/",
        indicator_batches.IndicatorAcceptView.as_view(),
        name="api-indicator-import-accept",
    ),
    path(
        "indicator-imports/<int:batch_id>/undo/",
        indicator_batches.IndicatorUndoView.as_view(),
        name="api-indicator-import-undo",
    ),
    path("ingest/", adapters.AdaptersView.as_view(), name="api-adapters"),
    path("ingest/map:<str:mapping>/", mappings.MappingDoor.as_view(), name="api-mapping-ingest"),
    path("ingest/<str:adapter>/", adapters.AdapterView.as_view(), name="api-adapter"),
    path("mappings/", mappings.MappingsView.as_view(), name="api-mappings"),
    path("mappings/<str:mapping>/", mappings.MappingView.as_view(), name="api-mapping"),
    path("signals/", views.SignalsView.as_view(), name="api-signals"),
    path("signals/<int:signal_id>/", views.SignalView.as_view(), name="api-signal"),
    path("dead-letters/", dead_letters.DeadLettersView.as_view(), name="api-dead-letters"),
    path("dead-letters/reasons/", letters.ReasonsView.as_view(), name="api-dead-letter-reasons"),
    path("dead-letters/jobs/", letters.LetterJobsView.as_view(), name="api-letter-jobs"),
    path("dead-letters/jobs/<int:job_id>/", letters.LetterJobView.as_view(), name="api-letter-job"),
    path(
        "dead-letters/<int:letter_id>/",
        dead_letters.DeadLetterView.as_view(),
        name="api-dead-letter",
    ),
    path(
        "dead-letters/<int:letter_id>/replay/",
        dead_letters.ReplayView.as_view(),
        name="api-dead-letter-replay",
    ),
    path(
        "dead-letters/<int:letter_id>/discard/",
        dead_letters.DiscardView.as_view(),
        name="api-dead-letter-discard",
    ),
    path("sources/", sources.SourcesView.as_view(), name="api-sources"),
    path("sources/<slug:slug>/", sources.SourceView.as_view(), name="api-source"),
    path("watch-items/", watch.WatchItemsView.as_view(), name="api-watch-items"),
    path("watch-items/<int:item_id>/", watch.WatchItemView.as_view(), name="api-watch-item"),
]
