"""What every API endpoint has in common: permission, errors of one shape, version header."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.http.request import RawPostDataException
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ParseError, ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.permissions import BasePermission
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from abusedesk.core.models import Role, Scope, User
from abusedesk.core.permissions import HasScope
from abusedesk.core.problems import exception_handler

VERSION: Final = "1"
UNREADABLE: Final = (
    BadRequest,
    SuspiciousOperation,
    MultiPartParserError,
    RawPostDataException,
    UnreadablePostError,
)


class JsonNegotiation(BaseContentNegotiation):
    """Answers JSON whatever `Accept` says: who sends must get the result."""

    def select_parser(self, request: Request, parsers: Any) -> BaseParser | None:
        """The one that reads this Content-Type; none is 415."""
        wanted = (request.content_type or "").partition(";")[0].strip().lower()
        return next((one for one in parsers if one.media_type == wanted), None)

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """The first."""
        return renderers[0], renderers[0].media_type


class Endpoint(APIView):
    """Base of all endpoints: closed unless `scopes` says which scope a method needs."""

    permission_classes: ClassVar[list[type[BasePermission]]] = [HasScope]  # type: ignore[misc] # DRF calls it an instance variable
    content_negotiation_class: type[BaseContentNegotiation] = JsonNegotiation
    scopes: ClassVar[Mapping[str, Scope]] = {}

    def get_exception_handler(self) -> Callable[..., Response | None]:
        """Refusals of services keep their status and field."""
        return exception_handler

    def handle_exception(self, exc: Exception) -> Response:
        """What Django refuses to read is the client's matter, not ours."""
        if isinstance(exc, UNREADABLE):
            exc = ParseError("The body cannot be read.")
        return super().handle_exception(exc)

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Every answer says which version of the contract it keeps."""
        done = super().finalize_response(request, response, *args, **kwargs)
        done["API-Version"] = VERSION
        return done


class ListEndpoint(Endpoint, GenericAPIView[Any]):
    """An endpoint over rows: filters, pages, serializer."""

    @property
    def viewer(self) -> User:
        """Who asks; while the schema is made, somebody who sees nothing."""
        if getattr(self, "swagger_fake_view", False):
            return User(role=Role.PARTNER)
        return caller(self.request)

    def paginate_queryset(self, queryset: Any) -> Any:
        """A page. A cursor that is none is a bad value, not a missing page."""
        try:
            return super().paginate_queryset(queryset)
        except NotFound:
            message = "cursor is not one that this list gave out."
            raise ValidationError({"cursor": [message]}) from None


class Nowhere(Endpoint):
    """Answers for every address that is none, in the shape of all errors."""

    permission_classes: ClassVar[list[type[BasePermission]]] = []  # type: ignore[misc] # as above
    authentication_classes = ()
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Every method ends here."""
        slash = "" if request.path.endswith("/") else " Addresses of this API end with a slash."
        message = f"There is nothing at this address.{slash}"
        raise NotFound(message)


def caller(request: Request) -> User:
    """The user behind a request that a permission let in."""
    if not isinstance(request.user, User):
        raise TypeError
    return request.user


class FaultSerializer(serializers.Serializer[Any]):
    """One thing that is wrong, and where."""

    code = serializers.CharField()
    detail = serializers.CharField()
    attr = serializers.CharField(allow_null=True)


class ProblemSerializer(serializers.Serializer[Any]):
    """The shape of every refusal.

    meta: what a program needs to go on, such as the states that are allowed or the newest version.
    """

    type = serializers.ChoiceField(["validation_error", "client_error", "server_error"])
    errors = FaultSerializer(many=True)  # type: ignore[assignment] # as above
    meta = serializers.DictField(required=False)


def problems(*statuses: int) -> dict[int, type[ProblemSerializer]]:
    """For `extend_schema(responses=...)`: these, and what any endpoint can answer."""
    return dict.fromkeys(sorted({400, 401, 403, 405, *statuses}), ProblemSerializer)


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call] # registers itself
    """How the schema speaks of tokens."""

    target_class = "abusedesk.core.token_auth.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """A bearer token."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "ad_<prefix>_<secret>"}
