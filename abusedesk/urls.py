"""Every address of the desk."""

from __future__ import annotations

from django.contrib.auth.views import LogoutView
from django.urls import include, path

from abusedesk.core import key_views, people_views, views

urlpatterns = [
    path("login/", views.LoginView.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("me/", views.me, name="me"),
    path("me/shortcuts/", key_views.own_keys, name="own-keys"),
    path("me/password/", people_views.OwnPasswordView.as_view(), name="own-password"),
    path("settings/users/", people_views.people, name="people"),
    path("settings/users/<int:user_id>/", people_views.person_change, name="person-change"),
    path(
        "settings/users/<int:user_id>/password/",
        people_views.person_password,
        name="person-password",
    ),
    path("settings/tokens/", views.tokens, name="tokens"),
    path("settings/tokens/<int:token_id>/revoke/", views.token_revoke, name="token-revoke"),
    path("v/", views.view_save, name="view-save"),
    path("v/<int:view_id>/", views.view_open, name="view-open"),
    path("v/<int:view_id>/delete/", views.view_delete, name="view-delete"),
    path("api/", include("abusedesk.api")),
    path("taxii2/", include("cases.taxii.urls")),
    path("misp/", include("cases.misp.urls")),
    path("", include("detectors.ui.urls")),
    path("", include("cases.ui.urls")),
]

handler403 = "abusedesk.core.views.error_403"
handler404 = "abusedesk.core.views.error_404"
handler500 = "abusedesk.core.views.error_500"
