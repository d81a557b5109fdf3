"""Pages of cases and queues."""

from __future__ import annotations

from django.urls import path

from cases.ui.views import (
    actions,
    case,
    content,
    dashboard,
    live,
    playbook,
    queue,
    retention,
    webhook,
    work,
)

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
    path("cases/<str:ref>/notes/", actions.note, name="note"),
    path("cases/<str:ref>/hold/", actions.hold, name="hold"),
    path("cases/<str:ref>/free/", actions.free, name="free"),
    path("cases/<str:ref>/marks/", content.marks, name="marks"),
    path("cases/<str:ref>/watch/", content.watch, name="watch"),
    path("cases/<str:ref>/tasks/", content.task_add, name="task-add"),
    path("cases/<str:ref>/tasks/<int:task_id>/", content.task_change, name="task-change"),
    path("cases/<str:ref>/files/", content.file_add, name="file-add"),
    path("cases/<str:ref>/files/<int:file_id>/", content.file, name="file"),
    path("cases/<str:ref>/links/", content.link, name="link"),
    path("cases/<str:ref>/links/<str:other>/remove/", content.unlink, name="unlink"),
    path("settings/webhooks/", webhook.webhooks, name="webhooks"),
    path("settings/webhooks/<int:webhook_id>/", webhook.webhook, name="webhook"),
    path(
        "settings/webhooks/<int:webhook_id>/deliveries/<int:delivery_id>/again/",
        webhook.delivery_again,
        name="delivery-again",
    ),
    path("settings/playbooks/", playbook.playbooks, name="playbooks"),
    path("settings/playbooks/<int:playbook_id>/", playbook.playbook, name="playbook"),
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
