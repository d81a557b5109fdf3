"""Detectors that act by themselves over REST: propose, allow, end, resume, settle, undo."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from abusedesk.core.errors import InvalidError
from abusedesk.core.models import Scope, User
from abusedesk.core.pagination import KeysetPagination
from abusedesk.core.rest import Endpoint, ListEndpoint, caller, problems
from cases.api import automation_shapes as shapes
from cases.choices import AutomatedState
from cases.models import AutomatedAction, Automation, VersionUndo
from cases.permits import Permit
from cases.selectors.automation import (
    automated_actions_for,
    automation_by_id,
    automations_for,
    standings_for,
    undo_by_id,
    undo_preview_for,
    undos_for,
)
from cases.services.automation import (
    allow_automation,
    end_automation,
    propose_automation,
    refuse_automation,
    resume_automation,
    withdraw_automation,
)
from cases.services.held_hit import settle_held
from cases.services.version_undo import start_undo
from detectors.api.versions import VersionSerializer
from detectors.selectors.config import detector_by_slug


@extend_schema_view(
    get=extend_schema(
        operation_id="automations_list",
        responses={200: shapes.AutomationStandingSerializer(many=True), **problems()},
    )
)
class AutomationsView(Endpoint):
    """Detectors that act by themselves."""

    scopes: ClassVar = {"GET": Scope.READ}

    def get(self, request: Request) -> Response:
        """What is in force, what has tripped first."""
        rows = standings_for(caller(request))
        return Response(shapes.AutomationStandingSerializer(rows, many=True).data)


@extend_schema_view(
    get=extend_schema(responses={200: shapes.AutomationSerializer, **problems(400, 404)}),
    post=extend_schema(
        request=shapes.AutomationSerializer,
        responses={201: shapes.AutomationSerializer, **problems(400, 404, 422)},
    ),
    delete=extend_schema(
        request=shapes.AutomationReasonSerializer,
        responses={200: shapes.AutomationSerializer, **problems(400, 404, 409, 422)},
    ),
)
class DetectorAutomationView(ListModelMixin, ListEndpoint):
    """What one detector may set off by itself: proposals, what is in force, what was."""

    scopes: ClassVar = {"GET": Scope.READ, "POST": Scope.ADMIN, "DELETE": Scope.ADMIN}
    queryset = Automation.objects.none()
    serializer_class = shapes.AutomationSerializer
    pagination_class = KeysetPagination

    def get_queryset(self) -> QuerySet[Automation]:
        """Of the detector in the path."""
        detector_by_slug(self.kwargs["slug"], self.viewer)
        return automations_for(self.viewer).filter(detector=self.kwargs["slug"])

    def get(self, request: Request, slug: str) -> Response:
        """Newest first."""
        return self.list(request)

    def post(self, request: Request, slug: str) -> Response:
        """Propose it; a second person allows it."""
        form = shapes.AutomationSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        said = dict(form.validated_data)
        reason = said.pop("reason")
        row = propose_automation(
            actor=caller(request), slug=slug, permit=Permit(**said), reason=reason
        )
        return Response(shapes.AutomationSerializer(row).data, status=201)

    def delete(self, request: Request, slug: str) -> Response:
        """From now on it acts on nobody. It takes one person."""
        detector_by_slug(slug, caller(request))
        row = end_automation(actor=caller(request), slug=slug, reason=_why(request))
        return Response(shapes.AutomationSerializer(row).data)


@extend_schema_view(
    post=extend_schema(
        operation_id="detectors_automation_settle",
        request=shapes.ProposalAnswerSerializer,
        responses={200: shapes.AutomationSerializer, **problems(400, 403, 404, 409, 422)},
    )
)
class AutomationSettleView(Endpoint):
    """Allow, refuse or withdraw a proposal."""

    scopes: ClassVar = {"POST": Scope.ADMIN}

    def post(self, request: Request, slug: str, automation_id: int) -> Response:
        """To allow or refuse it takes somebody else than its author."""
        row = automation_by_id(automation_id, slug, caller(request))
        form = shapes.ProposalAnswerSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        done = _settled(caller(request), row, **form.validated_data)
        return Response(shapes.AutomationSerializer(done).data)


@extend_schema_view(
    post=extend_schema(
        request=shapes.AutomationReasonSerializer,
        responses={201: VersionSerializer, **problems(400, 404, 409, 422)},
    )
)
class AutomationResumeView(Endpoint):
    """After the circuit breaker tripped."""

    scopes: ClassVar = {"POST": Scope.ADMIN}

    def post(self, request: Request, slug: str) -> Response:
        """Live again at once; what is held stays held."""
        detector_by_slug(slug, caller(request))
        made = resume_automation(actor=caller(request), slug=slug, reason=_why(request))
        return Response(VersionSerializer(made).data, status=201)


class AutomatedActionsView(ListModelMixin, ListEndpoint):
    """What became of the hits of one detector."""

    scopes: ClassVar = {"GET": Scope.READ}
    queryset = AutomatedAction.objects.none()
    serializer_class = shapes.AutomatedActionSerializer
    pagination_class = KeysetPagination

    def get_queryset(self) -> QuerySet[AutomatedAction]:
        """Of the detector in the path."""
        detector_by_slug(self.kwargs["slug"], self.viewer)
        state = self.request.query_params.get("state", "")
        if state and state not in AutomatedState.values:
            message = f"Choose a state: {', '.join(AutomatedState.values)}."
            raise InvalidError(message, field="state")
        wanted = AutomatedState(state) if state else None
        return automated_actions_for(self.viewer, self.kwargs["slug"], wanted)

    @extend_schema(
        parameters=[OpenApiParameter("state", enum=AutomatedState.values)],
        responses={200: shapes.AutomatedActionSerializer, **problems(400, 404, 422)},
    )
    def get(self, request: Request, slug: str) -> Response:
        """Newest first."""
        return self.list(request)


@extend_schema_view(
    post=extend_schema(
        request=shapes.HeldSerializer,
        responses={200: shapes.HeldResultSerializer, **problems(400, 404, 422)},
    )
)
class HeldView(Endpoint):
    """Settle held hits."""

    scopes: ClassVar = {"POST": Scope.REVIEW}

    def post(self, request: Request, slug: str) -> Response:
        """Let some or all out, or drop them. Protected accounts never leave by this way."""
        detector_by_slug(slug, caller(request))
        form = shapes.HeldSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        said = dict(form.validated_data)
        count = said.pop("count", None)
        rows = settle_held(actor=caller(request), slug=slug, confirmed=count, **said)
        states = [one.state for one in rows]
        told = {
            "released": states.count(AutomatedState.ACTED),
            "dropped": states.count(AutomatedState.DROPPED),
            "barred": states.count(AutomatedState.BARRED),
        }
        return Response(shapes.HeldResultSerializer(told).data)


@extend_schema_view(
    get=extend_schema(responses={200: shapes.UndoSerializer, **problems(400, 404)}),
    post=extend_schema(
        request=shapes.UndoRequestSerializer,
        responses={
            200: shapes.UndoPreviewSerializer,
            202: shapes.UndoSerializer,
            **problems(400, 404, 422),
        },
    ),
)
class DetectorUndosView(ListModelMixin, ListEndpoint):
    """Undos of what versions of one detector set off by themselves."""

    scopes: ClassVar = {"GET": Scope.READ, "POST": Scope.REVIEW}
    queryset = VersionUndo.objects.none()
    serializer_class = shapes.UndoSerializer
    pagination_class = KeysetPagination

    def get_queryset(self) -> QuerySet[VersionUndo]:
        """Of the detector in the path."""
        detector_by_slug(self.kwargs["slug"], self.viewer)
        return undos_for(self.viewer, self.kwargs["slug"])

    def get(self, request: Request, slug: str) -> Response:
        """Newest first."""
        return self.list(request)

    def post(self, request: Request, slug: str) -> Response:
        """Take back what one version did since a moment; a worker does it.

        200: what `dry_run` asks for. Actions of people and of other versions stand.
        """
        form = shapes.UndoRequestSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        said = form.validated_data
        which = {"slug": slug, "number": said["number"], "since": said["since"]}
        seen = undo_preview_for(caller(request), **which)
        if said["dry_run"]:
            return Response(_previewed(seen))
        undo = start_undo(
            actor=caller(request), reason=said["reason"], confirmed=said.get("count"), **which
        )
        shown = undo_by_id(undo.pk, slug, caller(request))
        return Response(shapes.UndoSerializer(shown).data, status=202)


@extend_schema_view(get=extend_schema(responses={200: shapes.UndoSerializer, **problems(404)}))
class DetectorUndoView(Endpoint):
    """One undo."""

    scopes: ClassVar = {"GET": Scope.READ}

    def get(self, request: Request, slug: str, undo_id: int) -> Response:
        """How far it is."""
        return Response(shapes.UndoSerializer(undo_by_id(undo_id, slug, caller(request))).data)


def _settled(actor: User, row: Automation, *, do: str, note: str) -> Automation:
    match do:
        case "allow":
            return allow_automation(actor=actor, automation=row)
        case "refuse":
            return refuse_automation(actor=actor, automation=row, note=note)
        case _:
            return withdraw_automation(actor=actor, automation=row)


def _previewed(seen: Any) -> Any:
    names = ("number", "since", "total", "capped", "released", "samples")
    told = {name: getattr(seen, name) for name in names}
    refs = [case.ref for case in seen.opened]
    return shapes.UndoPreviewSerializer({**told, "opened": refs}).data


def _why(request: Request) -> str:
    form = shapes.AutomationReasonSerializer(data=request.data)
    form.is_valid(raise_exception=True)
    return str(form.validated_data["reason"])
