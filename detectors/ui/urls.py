"""Pages of signals, entities, detectors, mappings, sources and refused items."""

from __future__ import annotations

from django.urls import path

from detectors.ui.views import (
    backtest,
    declared,
    detector,
    draft,
    entity,
    entity_type,
    indicator_batch,
    letter,
    letter_bulk,
    mapping,
    quality,
    recompute,
    rule,
    search,
    signal,
    source,
    suppression,
    version,
    watch,
    what_if,
)

app_name = "detectors"
urlpatterns = [
    path("signals/", search.signal_list, name="signal-list"),
    path("signals/export/", search.signal_export, name="signal-export"),
    path("signals/<int:signal_id>/", signal.signal_detail, name="signal-detail"),
    path("entities/", entity.entity_find, name="entity-find"),
    path("entities/<slug:kind>/<int:entity_id>/", entity.entity_detail, name="entity-detail"),
    path("entities/<slug:kind>/<int:entity_id>/near/", suppression.entity_near, name="entity-near"),
    path(
        "entities/<slug:kind>/<int:entity_id>/suppress/",
        suppression.entity_suppress,
        name="entity-suppress",
    ),
    path(
        "suppressions/<int:suppression_id>/end/",
        suppression.suppression_end,
        name="suppression-end",
    ),
    path("detectors/", detector.detector_list, name="detector-list"),
    path("dashboards/detectors/", quality.detector_quality, name="detector-quality"),
    path("detectors/<slug:slug>/", detector.detector_detail, name="detector-detail"),
    path("detectors/<slug:slug>/try/", rule.detector_try, name="detector-try"),
    path("rules/new/", rule.rule_new, name="rule-new"),
    path("rules/<slug:slug>/edit/", rule.rule_edit, name="rule-edit"),
    path("detectors/<slug:slug>/runs/", backtest.backtest_start, name="backtest-start"),
    path(
        "detectors/<slug:slug>/runs/<int:backtest_id>/", backtest.backtest_detail, name="backtest"
    ),
    path(
        "detectors/<slug:slug>/runs/<int:backtest_id>/cancel/",
        backtest.backtest_cancel,
        name="backtest-cancel",
    ),
    path("detectors/<slug:slug>/what-if/", what_if.what_if, name="what-if"),
    path(
        "detectors/<slug:slug>/what-if/backtest/",
        what_if.what_if_backtest,
        name="what-if-backtest",
    ),
    path("detectors/<slug:slug>/versions/", version.version_list, name="version-list"),
    path("detectors/<slug:slug>/rollback/", version.rollback, name="version-rollback"),
    path("detectors/<slug:slug>/drafts/<int:draft_id>/", draft.draft_detail, name="draft"),
    path(
        "detectors/<slug:slug>/drafts/<int:draft_id>/approve/",
        draft.draft_approve,
        name="draft-approve",
    ),
    path(
        "detectors/<slug:slug>/drafts/<int:draft_id>/reject/",
        draft.draft_reject,
        name="draft-reject",
    ),
    path(
        "detectors/<slug:slug>/drafts/<int:draft_id>/withdraw/",
        draft.draft_withdraw,
        name="draft-withdraw",
    ),
    path(
        "detectors/<slug:slug>/drafts/<int:draft_id>/backtest/",
        draft.draft_backtest,
        name="draft-backtest",
    ),
    path(
        "findings/<int:finding_id>/recompute/",
        recompute.finding_recompute,
        name="finding-recompute",
    ),
    path("settings/types/", entity_type.entity_types, name="entity-types"),
    path("settings/mapping/", mapping.mapping_list, name="mapping-list"),
    path("settings/mapping/new/", mapping.mapping_new, name="mapping-new"),
    path("settings/mapping/<slug:slug>/", mapping.mapping_detail, name="mapping-detail"),
    path("settings/dead-letters/", letter.letter_list, name="letter-list"),
    path("settings/dead-letters/bulk/", letter_bulk.letter_bulk, name="letter-bulk"),
    path("settings/dead-letters/jobs/<int:job_id>/", letter_bulk.letter_job, name="letter-job"),
    path("settings/dead-letters/export/<slug:form>/", letter.letter_export, name="letter-export"),
    path("settings/dead-letters/<int:letter_id>/", letter.letter_detail, name="letter-detail"),
    path(
        "settings/dead-letters/<int:letter_id>/discard/",
        letter.letter_discard,
        name="letter-discard",
    ),
    path("settings/watch/", watch.watch_list, name="watch-list"),
    path("settings/watch/<int:item_id>/", watch.watch_detail, name="watch-detail"),
    path("settings/watch/<int:item_id>/remove/", watch.watch_remove, name="watch-remove"),
    path("settings/imports/", indicator_batch.import_list, name="import-list"),
    path("settings/imports/<int:batch_id>/", indicator_batch.import_detail, name="import-detail"),
    path(
        "settings/imports/<int:batch_id>/accept/",
        indicator_batch.import_accept,
        name="import-accept",
    ),
    path("settings/imports/<int:batch_id>/drop/", indicator_batch.import_drop, name="import-drop"),
    path("settings/imports/<int:batch_id>/undo/", indicator_batch.import_undo, name="import-undo"),
    path("settings/groups/", declared.group_list, name="group-list"),
    path("settings/groups/<int:group_id>/", declared.group_detail, name="group-detail"),
    path("settings/groups/<int:group_id>/end/", declared.group_end, name="group-end"),
    path("settings/sources/", source.source_list, name="source-list"),
    path("settings/new-source/", source.source_new, name="source-new"),
    path("settings/sources/<slug:slug>/", source.source_detail, name="source-detail"),
]
