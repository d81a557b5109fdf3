"""Work on many cases over REST: what it would do, then do it, watch it, end it, undo it."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from abusedesk.core import clock
from abusedesk.core.errors import InvalidError
from abusedesk.core.models import Scope, User
from abusedesk.core.pagination import KeysetPagination
from abusedesk.core.query import Query, parse
from abusedesk.core.rest import Endpoint, ListEndpoint, caller, problems
from cases import doable
from cases.api import bulk_shapes as shapes
from cases.api.terms import take_terms
from cases.choices import BulkAction, BulkState, ItemState
from cases.deeds import Deed
from cases.models import BulkItem, BulkJob
from cases.search import FIELDS
from cases.selectors.bulk import bulk_items_of, bulk_job_by_id, bulk_jobs_for
from cases.selectors.preview import Choice, policies_by_count, preview_for, samples_of
from cases.services.bulk import cancel_bulk, start_bulk, undo_bulk


@extend_schema_view(
    get=extend_schema(
        operation_id="jobs_list", responses={200: shapes.BulkJobSerializer, **problems(400)}
    ),
    post=extend_schema(
        operation_id="jobs_start",
        request=shapes.BulkRequestSerializer,
        responses={
            200: shapes.BulkPreviewSerializer,
            201: shapes.BulkJobSerializer,
            202: shapes.BulkJobSerializer,
            **problems(422),
        },
    ),
)
class BulkJobsView(ListModelMixin, ListEndpoint):
    """Work on many cases."""

    scopes: ClassVar = {"GET": Scope.READ, "POST": Scope.REVIEW}
    serializer_class = shapes.BulkJobSerializer
    pagination_class = KeysetPagination

    def get_queryset(self) -> QuerySet[BulkJob]:
        """What the caller may see."""
        return bulk_jobs_for(self.viewer)

    def get(self, request: Request) -> Response:
        """Own work, to leads that of everybody, newest first."""
        return self.list(request)

    def post(self, request: Request) -> Response:
        """Change the cases; claimed ones and those that changed since `seen_at` are left alone.

        200: what `dry_run` asks for; 201: all were tried; 202: a worker does it.
        """
        form = shapes.BulkRequestSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        said = form.validated_data
        actor = caller(request)
        deed, choice = _deed(said, actor), _choice(said)
        if said["dry_run"]:
            return Response(_preview(actor, choice, doable.checked(deed, actor)))
        job = start_bulk(
            actor=actor,
            choice=choice,
            deed=deed,
            reason=said.get("reason", ""),
            confirmed=said.get("count"),
        )
        done = job.state == BulkState.DONE
        return _shown(job.pk, actor, status=201 if done else 202)


class BulkJobView(Endpoint):
    """One piece of work."""

    scopes: ClassVar = {"GET": Scope.READ}

    @extend_schema(
        operation_id="jobs_read", responses={200: shapes.BulkJobSerializer, **problems(404)}
    )
    def get(self, request: Request, bulk_id: int) -> Response:
        """How far it is."""
        return _shown(bulk_id, caller(request))


class BulkItemsView(ListModelMixin, ListEndpoint):
    """The cases of one piece of work."""

    scopes: ClassVar = {"GET": Scope.READ}
    serializer_class = shapes.BulkItemSerializer
    pagination_class = KeysetPagination

    def get_queryset(self) -> QuerySet[BulkItem]:
        """Cases that the caller may see."""
        if getattr(self, "swagger_fake_view", False):
            return BulkItem.objects.none()
        job = bulk_job_by_id(self.kwargs["bulk_id"], self.viewer)
        rows = bulk_items_of(job, self.viewer)
        state = self.request.query_params.get("state", "")
        if state and state not in ItemState.values:
            message = f"Choose a state: {', '.join(ItemState.values)}."
            raise InvalidError(message, field="state")
        return rows.filter(state=state) if state else rows

    @extend_schema(
        operation_id="jobs_items",
        parameters=[OpenApiParameter("state", enum=ItemState.values)],
        responses={200: shapes.BulkItemSerializer, **problems(400, 404, 422)},
    )
    def get(self, request: Request, bulk_id: int) -> Response:
        """What became of each, the last of them first."""
        return self.list(request)


class BulkCancelView(Endpoint):
    """Ends work that is under way."""

    scopes: ClassVar = {"POST": Scope.REVIEW}

    @extend_schema(
        operation_id="jobs_cancel",
        request=None,
        responses={200: shapes.BulkJobSerializer, **problems(404, 409)},
    )
    def post(self, request: Request, bulk_id: int) -> Response:
        """Leave alone what is not done yet."""
        job = bulk_job_by_id(bulk_id, caller(request))
        cancel_bulk(actor=caller(request), job=job)
        return _shown(bulk_id, caller(request))


class BulkUndoView(Endpoint):
    """Takes work back."""

    scopes: ClassVar = {"POST": Scope.REVIEW}

    @extend_schema(
        operation_id="jobs_undo",
        request=None,
        responses={202: shapes.BulkJobSerializer, **problems(404, 409)},
    )
    def post(self, request: Request, bulk_id: int) -> Response:
        """Put back every case that nobody changed since, for a day; a worker does it."""
        job = bulk_job_by_id(bulk_id, caller(request))
        undo_bulk(actor=caller(request), job=job)
        return _shown(bulk_id, caller(request), status=202)


def _deed(said: dict[str, Any], viewer: User) -> Deed:
    under = take_terms(said, viewer).policy
    return Deed(
        action=BulkAction(said["action"]),
        outcome=said.get("outcome", ""),
        policy=under.pk if under else None,
        act=said.get("act", ""),
        days=said.get("days"),
        assignee=said.get("assignee") or "",
        add=tuple(said.get("add", ())),
        remove=tuple(said.get("remove", ())),
        until=said.get("until"),
    )


def _choice(said: dict[str, Any]) -> Choice:
    now = clock.now()
    refs = tuple(said.get("refs", ()))
    query = Query() if refs else parse(said["q"], FIELDS)
    return Choice(min(said.get("seen_at", now), now), query, refs)


def _preview(viewer: User, choice: Choice, deed: Deed) -> Any:
    found = preview_for(viewer, choice, deed)
    names = ("total", "found", "capped", "typed", "enforcing", "held", "by_state", "left_out")
    shown = {
        **{name: getattr(found, name) for name in names},
        "seen_at": choice.at,
        "by_policy": policies_by_count(found.takes, viewer),
        "samples": samples_of(found.takes, viewer),
    }
    return shapes.BulkPreviewSerializer(shown).data


def _shown(job_id: int, viewer: User, status: int = 200) -> Response:
    job = bulk_job_by_id(job_id, viewer)
    return Response(shapes.BulkJobSerializer(job).data, status=status)
