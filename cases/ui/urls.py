"""Pages of cases and queues."""

from __future__ import annotations

from django.urls import path

from cases.ui.views import actions, case, dashboard, live, queue, retention, routing, work

app_name = "cases"
urlpatterns = [
    path("", work.work, name="work"),
    path("live/", live.live, name="live"),
    path("queues/", queue.queues, name="queues"),
    path("queues/<slug:slug>/", queue.queue, name="queue"),
    path("queues/<slug:slug>/next/", queue.claim_next, name="next"),
    path("cases/", queue.case_list, name="case-list"),
    path("cases/<str:ref>/", case.case_detail, name="case-detail"),
    path("cases/<str:ref>/claim/", actions.claim, name="claim"),
    path("cases/<str:ref>/renew/", actions.renew, name="renew"),
    path("cases/<str:ref>/release/", actions.release, name="release"),
    path("cases/<str:ref>/skip/", actions.skip, name="skip"),
    path("cases/<str:ref>/decide/", actions.decide, name="decide"),
    path("cases/<str:ref>/undo/<int:decision_id>/", actions.undo, name="undo"),
    path("cases/<str:ref>/escalate/", actions.escalate, name="escalate"),
    path("cases/<str:ref>/snooze/", actions.snooze, name="snooze"),
    path("cases/<str:ref>/assign/", routing.assign, name="assign"),
    path("cases/<str:ref>/move/", routing.move, name="move"),
    path("cases/<str:ref>/notes/", actions.note, name="note"),
    path("cases/<str:ref>/hold/", actions.hold, name="hold"),
    path("cases/<str:ref>/free/", actions.free, name="free"),
    path("notices/read/", routing.notices_read, name="notices-read"),
    path("settings/queues/", routing.queue_settings, name="queue-settings"),
    path("settings/queues/new/", routing.queue_new, name="queue-new"),
    path("settings/queues/<slug:slug>/", routing.queue_edit, name="queue-edit"),
    path("settings/routing/new/", routing.rule_new, name="routing-new"),
    path("settings/routing/<int:route_id>/", routing.rule_edit, name="routing-edit"),
    path("settings/routing/<int:route_id>/move/", routing.rule_move, name="routing-move"),
    path("settings/routing/<int:route_id>/delete/", routing.rule_delete, name="routing-delete"),
    path("settings/shifts/", routing.shifts, name="shifts"),
    path("settings/retention/", retention.retention, name="retention"),
    path("settings/retention/verify/", retention.verify, name="verify"),
    path("settings/retention/<int:run_id>/", retention.purge_run, name="purge-run"),
    path("settings/retention/<int:run_id>/stop/", retention.purge_stop, name="purge-stop"),
    path("settings/retention/rules/<int:rule_id>/end/", retention.rule_end, name="rule-end"),
    path("settings/retention/holds/", retention.hold_place, name="hold-place"),
    path(
        "settings/retention/holds/<int:hold_id>/release/",
        retention.hold_release,
        name="hold-release",
    ),
    path("dashboards/operations/", dashboard.operations, name="operations"),
]
