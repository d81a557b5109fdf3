"""Pages of cases and queues."""

from __future__ import annotations

from django.urls import path

from cases.ui.views import actions, case, dashboard, live, queue, work

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
    path("dashboards/operations/", dashboard.operations, name="operations"),
]
