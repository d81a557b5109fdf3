"""Paths of the cases API; `abusedesk/api.py` includes them under `v1/`."""

from __future__ import annotations

from django.urls import path, re_path
from rest_framework.routers import SimpleRouter

from cases.api import (
    automation_urls,
    bulk,
    case_test,
    content,
    exchange,
    exposure,
    feeds,
    golden,
    graph,
    lineage,
    messages,
    notices,
    partners,
    patterns,
    personal,
    quality,
    queues,
    received,
    reporter,
    retention,
    saved,
    search,
    share_steps,
    shares,
    statements,
    translation,
    tray,
    workload,
)
from cases.api.views import CaseViewSet

CASE = r"^cases/(?P<ref>AD-[0-9]{1,18})/"

router = SimpleRouter()
router.register("cases", CaseViewSet, basename="api-case")
urlpatterns = [
    *router.urls,
    path("policies/", quality.PoliciesView.as_view(), name="api-policies"),
    path("policies/<slug:policy_slug>/", quality.PolicyView.as_view(), name="api-policy"),
    path("decisions/", quality.DecisionsView.as_view(), name="api-decisions"),
    path("decisions/<int:decision_id>/", quality.DecisionView.as_view(), name="api-decision"),
    path(
        "decisions/<int:decision_id>/reverse/",
        quality.ReverseView.as_view(),
        name="api-decision-reverse",
    ),
    path("reviews/", quality.ReviewsView.as_view(), name="api-reviews"),
    path("reviews/<int:review_id>/", quality.ReviewView.as_view(), name="api-review"),
    path("reviews/<int:review_id>/settle/", quality.SettleView.as_view(), name="api-review-settle"),
    path("appeals/", quality.AppealsView.as_view(), name="api-appeals"),
    path("appeals/<int:appeal_id>/", quality.AppealView.as_view(), name="api-appeal"),
    path("appeals/<int:appeal_id>/rule/", quality.RuleAppealView.as_view(), name="api-appeal-rule"),
    path("golden/", golden.GoldenView.as_view(), name="api-golden"),
    path(
        "golden/<int:golden_id>/retire/",
        golden.RetireGoldenView.as_view(),
        name="api-golden-retire",
    ),
    path("quality/own/", golden.OwnResultsView.as_view(), name="api-own-results"),
    path("quality/agreement/", golden.AgreementView.as_view(), name="api-agreement"),
    path("reporters/", reporter.ReportersView.as_view(), name="api-reporters"),
    path("statements/", statements.StatementsView.as_view(), name="api-statements"),
    path("transparency/", statements.TransparencyView.as_view(), name="api-transparency"),
    path("strikes/", quality.StrikesView.as_view(), name="api-strikes"),
    path("cases/<str:ref>/assign/", queues.AssignView.as_view(), name="api-case-assign"),
    path("cases/<str:ref>/move/", queues.MoveView.as_view(), name="api-case-move"),
    path("cases/<str:ref>/snooze/", queues.SnoozeView.as_view(), name="api-case-snooze"),
    path("cases/<str:ref>/test/", case_test.CaseTestView.as_view(), name="api-case-test"),
    path("jobs/", bulk.BulkJobsView.as_view(), name="api-jobs"),
    path("jobs/<int:bulk_id>/", bulk.BulkJobView.as_view(), name="api-job"),
    path("jobs/<int:bulk_id>/items/", bulk.BulkItemsView.as_view(), name="api-job-items"),
    path("jobs/<int:bulk_id>/cancel/", bulk.BulkCancelView.as_view(), name="api-job-cancel"),
    path("jobs/<int:bulk_id>/undo/", bulk.BulkUndoView.as_view(), name="api-job-undo"),
    path("tray/", tray.TrayView.as_view(), name="api-tray"),
    path("tray/take/", tray.TakeView.as_view(), name="api-tray-take"),
    path("tray/common/", tray.CommonView.as_view(), name="api-tray-common"),
    path("notices/", notices.NoticesView.as_view(), name="api-notices"),
    path("message-templates/", messages.TemplatesView.as_view(), name="api-templates"),
    path(
        "message-templates/<slug:template_slug>/",
        messages.TemplateView.as_view(),
        name="api-template",
    ),
    path("cases/<str:ref>/messages/", messages.MessagesView.as_view(), name="api-case-messages"),
    path(
        "cases/<str:ref>/messages/preview/",
        messages.PreviewView.as_view(),
        name="api-case-message-preview",
    ),
    path(
        "cases/<str:ref>/messages/<int:message_id>/cancel/",
        messages.CancelView.as_view(),
        name="api-case-message-cancel",
    ),
    path("search/", search.SearchView.as_view(), name="api-search"),
    path("views/", saved.ViewsView.as_view(), name="api-views"),
    path("views/<int:view_id>/", saved.ViewView.as_view(), name="api-view"),
    path("notices/read/", notices.NoticesReadView.as_view(), name="api-notices-read"),
    path("cases/<str:ref>/people/", notices.ColleaguesView.as_view(), name="api-case-people"),
    path("queues/", queues.QueuesView.as_view(), name="api-queues"),
    path("queues/<slug:slug>/", queues.QueueView.as_view(), name="api-queue"),
    path("queues/<slug:slug>/next/", exposure.NextView.as_view(), name="api-queue-next"),
    path("me/", personal.OwnView.as_view(), name="api-me"),
    path("me/notices/", personal.OwnNoticesView.as_view(), name="api-me-notices"),
    path("me/budget/", exposure.OwnBudgetView.as_view(), name="api-budget"),
    path("me/breaks/", exposure.BreaksView.as_view(), name="api-breaks"),
    path("me/breaks/resume/", exposure.ResumeView.as_view(), name="api-breaks-resume"),
    path("budgets/", exposure.BudgetsView.as_view(), name="api-budgets"),
    path("routing/rules/", queues.RoutesView.as_view(), name="api-routing-rules"),
    path("routing/rules/order/", queues.OrderView.as_view(), name="api-routing-order"),
    path("routing/rules/try/", queues.TrialView.as_view(), name="api-routing-try"),
    path("routing/rules/<int:route_id>/", queues.RouteView.as_view(), name="api-routing-rule"),
    path("shifts/<str:username>/", queues.ShiftView.as_view(), name="api-shift"),
    path("cases/<str:ref>/lineage/", lineage.LineageView.as_view(), name="api-case-lineage"),
    path(
        "cases/<str:ref>/lineage/<int:lineage_id>/undo/",
        lineage.LineageUndoView.as_view(),
        name="api-case-lineage-undo",
    ),
    path("cases/<str:ref>/merge/", lineage.MergeView.as_view(), name="api-case-merge"),
    path("cases/<str:ref>/cut/", lineage.CutView.as_view(), name="api-case-cut"),
    path("cases/<str:ref>/let-go/", lineage.LetGoView.as_view(), name="api-case-let-go"),
    path(
        "cases/<str:ref>/cut/preview/",
        lineage.CutPreviewView.as_view(),
        name="api-case-cut-preview",
    ),
    path("proposals/", lineage.ProposalsView.as_view(), name="api-proposals"),
    path("proposals/<int:proposal_id>/", lineage.ProposalView.as_view(), name="api-proposal"),
    re_path(rf"{CASE}notes/$", content.NotesView.as_view(), name="api-case-notes"),
    path(
        "cases/<str:ref>/signals/<int:signal_id>/translation/",
        translation.CaseTranslationView.as_view(),
        name="api-case-translation",
    ),
    path(
        "signals/<int:signal_id>/translation/",
        translation.SignalTranslationView.as_view(),
        name="api-signal-translation",
    ),
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
    re_path(
        rf"{CASE}graph/nodes/(?P<entity_id>[0-9]{{1,18}})/$",
        graph.NodeView.as_view(),
        name="api-case-graph-node",
    ),
    re_path(rf"{CASE}additions/$", graph.AdditionsView.as_view(), name="api-case-additions"),
    re_path(
        rf"{CASE}additions/(?P<addition_id>[0-9]{{1,18}})/$",
        graph.AdditionView.as_view(),
        name="api-case-addition",
    ),
    re_path(
        rf"{CASE}attribution/$", content.AttributionView.as_view(), name="api-case-attribution"
    ),
    re_path(
        rf"{CASE}next-platform/$", content.NextPlatformView.as_view(), name="api-case-next-platform"
    ),
    re_path(rf"{CASE}timeline/$", content.TimelineView.as_view(), name="api-case-timeline"),
    re_path(
        rf"{CASE}shared-notes/$", shares.SharedNotesView.as_view(), name="api-case-shared-notes"
    ),
    re_path(rf"{CASE}shares/$", shares.CaseSharesView.as_view(), name="api-case-shares"),
    path("sharing/organisation/", partners.OrganisationView.as_view(), name="api-organisation"),
    path("sharing/partners/", partners.PartnersView.as_view(), name="api-partners"),
    path(
        "sharing/partners/<slug:partner_slug>/", partners.PartnerView.as_view(), name="api-partner"
    ),
    path(
        "sharing/partners/<slug:partner_slug>/tokens/",
        partners.PartnerTokensView.as_view(),
        name="api-partner-tokens",
    ),
    path(
        "sharing/partners/<slug:partner_slug>/keys/",
        received.PartnerKeysView.as_view(),
        name="api-partner-keys",
    ),
    path(
        "sharing/partners/<slug:partner_slug>/keys/<str:key_id>/withdraw/",
        received.PartnerKeyWithdrawView.as_view(),
        name="api-partner-key-withdraw",
    ),
    path(
        "sharing/partners/<slug:partner_slug>/outcomes/",
        received.PatternOutcomesView.as_view(),
        name="api-pattern-outcomes",
    ),
    path("sharing/patterns/", patterns.PatternsView.as_view(), name="api-patterns"),
    path(
        "sharing/patterns/ledger/", patterns.PatternLedgerView.as_view(), name="api-pattern-ledger"
    ),
    path("sharing/patterns/<int:pattern_id>/", patterns.PatternView.as_view(), name="api-pattern"),
    path(
        "sharing/patterns/<int:pattern_id>/<slug:step>/",
        patterns.PatternStepView.as_view(),
        name="api-pattern-step",
    ),
    path(
        "sharing/patterns/<int:pattern_id>/for/<slug:partner_slug>/files/<slug:way>/",
        patterns.PatternFileView.as_view(),
        name="api-pattern-file",
    ),
    path(
        "sharing/received/", received.ReceivedPatternsView.as_view(), name="api-received-patterns"
    ),
    path(
        "sharing/received/<int:received_id>/",
        received.ReceivedPatternView.as_view(),
        name="api-received-pattern",
    ),
    path(
        "sharing/received/<int:received_id>/outcomes/",
        received.ReceivedOutcomesView.as_view(),
        name="api-received-outcomes",
    ),
    path(
        "sharing/received/<int:received_id>/<slug:step>/",
        received.ReceivedStepView.as_view(),
        name="api-received-step",
    ),
    path("sharing/circles/", partners.CirclesView.as_view(), name="api-circles"),
    path("sharing/circles/<slug:circle_slug>/", partners.CircleView.as_view(), name="api-circle"),
    path(
        "sharing/circles/<slug:circle_slug>/key/",
        partners.CircleKeyView.as_view(),
        name="api-circle-key",
    ),
    path(
        "sharing/circles/<slug:circle_slug>/inbox/",
        feeds.CircleInboxView.as_view(),
        name="api-circle-inbox",
    ),
    path("sharing/feeds/", feeds.FeedsView.as_view(), name="api-feeds"),
    path("sharing/feeds/<slug:feed_slug>/", feeds.FeedView.as_view(), name="api-feed"),
    path(
        "sharing/feeds/<slug:feed_slug>/events/",
        feeds.FeedEventsView.as_view(),
        name="api-feed-events",
    ),
    path(
        "sharing/feeds/<slug:feed_slug>/read/",
        feeds.FeedReadView.as_view(),
        name="api-feed-read",
    ),
    path(
        "sharing/feeds/<slug:feed_slug>/accept/",
        feeds.FeedAcceptView.as_view(),
        name="api-feed-accept",
    ),
    path("sharing/imported/", feeds.ImportedObjectsView.as_view(), name="api-imported-objects"),
    path(
        "sharing/imported/<int:imported_id>/",
        feeds.ImportedObjectView.as_view(),
        name="api-imported-object",
    ),
    path(
        "sharing/imported/<int:imported_id>/opinion/",
        exchange.ImportedOpinionView.as_view(),
        name="api-imported-opinion",
    ),
    path("sharing/shares/", shares.SharesView.as_view(), name="api-shares"),
    path("sharing/shares/<int:share_id>/", shares.ShareView.as_view(), name="api-share"),
    path(
        "sharing/shares/<int:share_id>/ask/",
        share_steps.ShareAskView.as_view(),
        name="api-share-ask",
    ),
    path(
        "sharing/shares/<int:share_id>/approve/",
        share_steps.ShareApproveView.as_view(),
        name="api-share-approve",
    ),
    path(
        "sharing/shares/<int:share_id>/refuse/",
        share_steps.ShareRefuseView.as_view(),
        name="api-share-refuse",
    ),
    path(
        "sharing/shares/<int:share_id>/recall/",
        share_steps.ShareRecallView.as_view(),
        name="api-share-recall",
    ),
    path(
        "sharing/shares/<int:share_id>/for/<slug:partner_slug>/",
        shares.SharePreviewView.as_view(),
        name="api-share-preview",
    ),
    path(
        "sharing/shares/<int:share_id>/for/<slug:partner_slug>/answer/",
        share_steps.ShareAnswerView.as_view(),
        name="api-share-answer",
    ),
    path(
        "sharing/shares/<int:share_id>/for/<slug:partner_slug>/files/<slug:way>/",
        share_steps.ShareFileView.as_view(),
        name="api-share-file",
    ),
    path(
        "sharing/feeds/<slug:feed_slug>/answer/",
        exchange.FeedAnswerView.as_view(),
        name="api-feed-answer",
    ),
    path(
        "sharing/shares/<int:share_id>/override/",
        exchange.ShareOverrideView.as_view(),
        name="api-share-override",
    ),
    path("sharing/ask/", exchange.AskView.as_view(), name="api-ask"),
    path(
        "sharing/keys/<slug:circle_slug>/",
        exchange.CircleKeysView.as_view(),
        name="api-circle-keys",
    ),
    path(
        "sharing/lookup/<slug:circle_slug>/",
        exchange.LookupsView.as_view(),
        name="api-lookups",
    ),
    path(
        "sharing/lookup/<slug:circle_slug>/<slug:type>/<slug:prefix>/",
        exchange.LookupView.as_view(),
        name="api-lookup",
    ),
    path("sharing/receipts/", share_steps.ReceiptsView.as_view(), name="api-receipts"),
    path("sharing/ledger/", shares.LedgerView.as_view(), name="api-ledger"),
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
    path(
        "detectors/<slug:slug>/backtests/<int:backtest_id>/workload/",
        workload.WorkloadView.as_view(),
        name="api-detector-workload",
    ),
    *automation_urls.urlpatterns,
]
