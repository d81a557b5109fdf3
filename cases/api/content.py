"""What people add to a case, over REST: notes, tasks, files, watchers, links; and its timeline."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from abusedesk.core.errors import TooLargeError
from abusedesk.core.models import AuditEntry, Scope, User
from abusedesk.core.pagination import KeysetPagination
from abusedesk.core.rest import Endpoint, ListEndpoint, caller, problems
from abusedesk.core.uploads import MAX_BODY
from cases import downloads
from cases.api import serializers
from cases.api.inference_shapes import AttributionSerializer, NextPlatformSerializer
from cases.api.matching import IF_MATCH, MUST_MATCH, http_names, matched, tagged, versions_in
from cases.choices import TaskState
from cases.mentions import mentioned_in
from cases.models import Case
from cases.selectors.attribution import attribution_for
from cases.selectors.case import case_by_ref
from cases.selectors.content import (
    custody_of,
    file_by_id,
    files_of,
    notes_of,
    task_by_id,
    tasks_of,
    watchers_of,
)
from cases.selectors.evidence import findings_of
from cases.selectors.lineage import family_of
from cases.selectors.related import case_links_of, similar_to
from cases.selectors.spreading import next_platform_for
from cases.services.file import add_file, read_file
from cases.services.note import add_note
from cases.services.relation import link_cases, unlink_cases
from cases.services.task import add_tasks, change_task
from cases.services.watch import unwatch_case, watch_case
from cases.timeline import LEFT_OUT, entry, visible_entries_of


class OfCase(Endpoint):
    """Something of one case; a case out of sight is 404."""

    scopes: ClassVar = {
        "GET": Scope.READ,
        "POST": Scope.REVIEW,
        "PUT": Scope.REVIEW,
        "PATCH": Scope.REVIEW,
        "DELETE": Scope.REVIEW,
    }

    @property
    def viewer(self) -> User:
        """Who asks."""
        return caller(self.request)

    def seen(self, ref: str) -> Case:
        """The case."""
        return case_by_ref(ref, self.viewer)


class NotesView(OfCase):
    """Internal notes; they have no way out of the desk."""

    @extend_schema(responses={200: serializers.NoteSerializer(many=True), **problems(404)})
    def get(self, request: Request, ref: str) -> Response:
        """All notes, oldest first."""
        rows = notes_of(self.seen(ref), self.viewer)
        return Response(serializers.NoteSerializer(rows, many=True).data)

    @extend_schema(
        request=serializers.NoteSerializer,
        parameters=[IF_MATCH],
        responses={201: serializers.NotedSerializer, **problems(400, 404, 412, 422)},
    )
    def post(self, request: Request, ref: str) -> Response:
        """Add a note; whom it names with `@` is told, if the case exists for them."""
        with matched(request, ref, self.viewer) as case:
            said = _valid(serializers.NoteSerializer(data=request.data))
            note = add_note(actor=self.viewer, case=case, body=said["body"])
        named = mentioned_in(note.body, case)
        said = {"told": map(str, named.told), "not_told": map(str, named.refused)}
        return Response(serializers.NoteSerializer(note).data | said, status=201)


class TasksView(OfCase):
    """The checklist."""

    @extend_schema(responses={200: serializers.TaskSerializer(many=True), **problems(404)})
    def get(self, request: Request, ref: str) -> Response:
        """All tasks, in order; each has a version of its own."""
        rows = tasks_of(self.seen(ref), self.viewer)
        return Response(serializers.TaskSerializer(rows, many=True).data)

    @extend_schema(
        request=serializers.NewTaskSerializer,
        parameters=[IF_MATCH],
        responses={201: serializers.TaskSerializer, **problems(400, 404, 412, 422)},
    )
    def post(self, request: Request, ref: str) -> Response:
        """Add a task."""
        with matched(request, ref, self.viewer) as case:
            said = _valid(serializers.NewTaskSerializer(data=request.data))
            (task,) = add_tasks(actor=self.viewer, case=case, texts=[said["text"]])
        return tagged(serializers.TaskSerializer(task).data, task.version, status=201)


class TaskView(OfCase):
    """One task."""

    @extend_schema(responses={200: serializers.TaskSerializer, **problems(404)})
    def get(self, request: Request, ref: str, task_id: str) -> Response:
        """The task; its ETag is its version."""
        task = task_by_id(int(task_id), self.seen(ref), self.viewer)
        return tagged(serializers.TaskSerializer(task).data, task.version)

    @extend_schema(
        request=serializers.TaskStateSerializer,
        parameters=[MUST_MATCH],
        responses={200: serializers.TaskSerializer, **problems(404, 412, 428)},
    )
    def patch(self, request: Request, ref: str, task_id: str) -> Response:
        """Say what became of it. `If-Match` speaks of the task, not of its case."""
        task = task_by_id(int(task_id), self.seen(ref), self.viewer)
        versions = versions_in(request, must=True)
        said = _valid(serializers.TaskStateSerializer(data=request.data))
        with http_names():
            change_task(
                actor=self.viewer, task=task, state=TaskState(said["state"]), versions=versions
            )
        return self.get(request, ref, task_id)


class FilesView(OfCase):
    """Evidence files."""

    def get_parsers(self) -> list[BaseParser]:
        """Forms with files; nothing else here has a body."""
        return [MultiPartParser()]

    @extend_schema(responses={200: serializers.FileSerializer(many=True), **problems(404)})
    def get(self, request: Request, ref: str) -> Response:
        """All files with their SHA-256, oldest first."""
        rows = files_of(self.seen(ref), self.viewer)
        return Response(serializers.FileSerializer(rows, many=True).data)

    @extend_schema(
        request={"multipart/form-data": serializers.UploadSerializer},
        parameters=[IF_MATCH],
        responses={201: serializers.FileSerializer, **problems(404, 412, 413, 415, 422)},
    )
    def post(self, request: Request, ref: str) -> Response:
        """Add a file of at most 25 MiB. The same bytes again answer with the file that is there."""
        case = self.seen(ref)
        if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BODY:
            message = "A file has at most 25 MiB."
            raise TooLargeError(message, field="file")
        said = _valid(serializers.UploadSerializer(data=request.data))
        with matched(request, ref, self.viewer):
            file = add_file(actor=self.viewer, case=case, upload=said["file"], note=said["note"])
        return Response(serializers.FileSerializer(file).data, status=201)


class FileView(OfCase):
    """The bytes of one file."""

    @extend_schema(
        responses={
            (200, "application/octet-stream"): OpenApiTypes.BINARY,
            **problems(404, 409),
        }
    )
    def get(self, request: Request, ref: str, file_id: str) -> FileResponse:
        """To be saved, after a check against the SHA-256; the download is recorded."""
        file = file_by_id(int(file_id), self.seen(ref), self.viewer)
        stored = read_file(actor=self.viewer, file=file)
        return downloads.answer(file, stored, inline=False)


class CustodyView(OfCase):
    """The chain of custody of one file."""

    @extend_schema(responses={200: serializers.EventSerializer(many=True), **problems(404)})
    def get(self, request: Request, ref: str, file_id: str) -> Response:
        """Who put it there and who had it, newest first."""
        file = file_by_id(int(file_id), self.seen(ref), self.viewer)
        events = custody_of(file, self.viewer)
        return Response(serializers.EventSerializer(events, many=True).data)


class WatchersView(OfCase):
    """Who watches a case. Watching takes nothing from anybody, so it needs no version."""

    @extend_schema(responses={200: serializers.WatcherSerializer(many=True), **problems(404)})
    def get(self, request: Request, ref: str) -> Response:
        """All watchers."""
        rows = watchers_of(self.seen(ref), self.viewer)
        return Response(serializers.WatcherSerializer(rows, many=True).data)

    @extend_schema(request=None, responses={204: None, **problems(404)})
    def put(self, request: Request, ref: str) -> Response:
        """Watch the case."""
        watch_case(actor=self.viewer, case=self.seen(ref))
        return Response(status=204)

    @extend_schema(responses={204: None, **problems(404)})
    def delete(self, request: Request, ref: str) -> Response:
        """Stop watching."""
        unwatch_case(actor=self.viewer, case=self.seen(ref))
        return Response(status=204)


class RelatedView(OfCase):
    """Related cases."""

    @extend_schema(responses={200: serializers.RelatedSerializer, **problems(404)})
    def get(self, request: Request, ref: str) -> Response:
        """Cases with the same evidence, which is listed, and those that people called related."""
        case = self.seen(ref)
        similar = [
            {
                "ref": one.case.ref,
                "title": one.case.title,
                "state": one.case.state,
                "outcome": one.outcome,
                "counts": one.counts,
                "shared": one.shared,
            }
            for one in similar_to(case, self.viewer)
        ]
        links = case_links_of(case, self.viewer)
        return Response(serializers.RelatedSerializer({"similar": similar, "links": links}).data)

    @extend_schema(
        request=serializers.NewLinkSerializer,
        parameters=[IF_MATCH],
        responses={201: serializers.LinkSerializer, **problems(404, 412, 422)},
    )
    def post(self, request: Request, ref: str) -> Response:
        """Call another case related."""
        with matched(request, ref, self.viewer) as case:
            said = _valid(serializers.NewLinkSerializer(data=request.data))
            other = self.seen(said["other"])
            link = link_cases(actor=self.viewer, case=case, other=other, reason=said["reason"])
        return Response(serializers.LinkSerializer(link).data, status=201)


class LinkView(OfCase):
    """One link between two cases."""

    @extend_schema(responses={204: None, **problems(404)})
    def delete(self, request: Request, ref: str, other: str) -> Response:
        """Take the link back."""
        unlink_cases(actor=self.viewer, case=self.seen(ref), other=self.seen(other))
        return Response(status=204)


class AttributionView(OfCase):
    """Who wrote what a case rests on."""

    @extend_schema(responses={200: AttributionSerializer, **problems(404)})
    def get(self, request: Request, ref: str) -> Response:
        """AI services and models with what speaks for and against each; the rest is unknown."""
        found = attribution_for(findings_of(self.seen(ref), self.viewer), self.viewer)
        return Response(AttributionSerializer(found).data)


class NextPlatformView(OfCase):
    """Where a case will probably go next."""

    @extend_schema(responses={200: NextPlatformSerializer, **problems(404)})
    def get(self, request: Request, ref: str) -> Response:
        """By closed, confirmed cases that took the same way; no hint with fewer than three."""
        case = self.seen(ref)
        hint = next_platform_for(case, self.viewer)
        told = {
            "so_far": case.spread,
            "platform": hint.found.platform if hint else "",
            "alike": hint.found.alike if hint else 0,
            "cases": [one.ref for one in hint.cases] if hint else [],
            "after_s": hint.found.after_s if hint else None,
        }
        return Response(NextPlatformSerializer(told).data)


class TimelineView(ListEndpoint):
    """Everything that happened to a case."""

    scopes: ClassVar = {"GET": Scope.READ}
    pagination_class = KeysetPagination
    serializer_class = serializers.EventSerializer
    queryset = AuditEntry.objects.none()

    @extend_schema(responses={200: serializers.EventSerializer(many=True), **problems(404)})
    def get(self, request: Request, ref: str) -> Response:
        """Events by people and by the desk, newest first."""
        case = case_by_ref(ref, self.viewer)
        family = family_of(case)
        rows = visible_entries_of(case, self.viewer, family).exclude(verb__in=LEFT_OUT)
        page = [entry(row, family) for row in self.paginate_queryset(rows)]
        return self.get_paginated_response(serializers.EventSerializer(page, many=True).data)


def _valid(form: Any) -> dict[str, Any]:
    form.is_valid(raise_exception=True)
    return dict(form.validated_data)
