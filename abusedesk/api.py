"""The root of the REST API: version 1, its schema, its page for people."""

from __future__ import annotations

from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path, re_path
from django.views.decorators.http import require_safe
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.views import SpectacularAPIView
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.permissions import AllowAny

from abusedesk.core.people_api import UserPasswordView, UsersView, UserView
from abusedesk.core.rest import Endpoint, Nowhere


class SchemaView(SpectacularAPIView, Endpoint):
    """OpenAPI 3; JSON, or YAML when asked for it. Public: it says nothing of this desk's data."""

    permission_classes = [AllowAny]  # type: ignore[misc]  # two bases, one value
    authentication_classes = ()
    renderer_classes = [OpenApiJsonRenderer, OpenApiYamlRenderer]
    content_negotiation_class = DefaultContentNegotiation


@require_safe
@csp_update({"img-src": ["data:"]})  # the icons in Swagger UI's own style sheet
def docs(request: HttpRequest) -> HttpResponse:
    """Swagger UI, served from here: works without the Internet and under the strict policy."""
    return render(request, "core/api_docs.html")


urlpatterns = [
    path("v1/schema/", SchemaView.as_view(), name="api-schema"),
    path("v1/docs/", docs, name="api-docs"),
    path("v1/users/", UsersView.as_view(), name="api-users"),
    path("v1/users/<str:name>/", UserView.as_view(), name="api-user"),
    path("v1/users/<str:name>/password/", UserPasswordView.as_view(), name="api-user-password"),
    path("v1/", include("detectors.api.urls")),
    path("v1/", include("cases.api.urls")),
    re_path(r"^[\s\S]*$", Nowhere.as_view()),  # an address may hold a line break
]
