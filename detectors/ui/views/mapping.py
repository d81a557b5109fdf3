"""Saved mappings, and the playground in which one is made from a pasted sample."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from abusedesk.core.errors import InvalidError, NotFoundError, StaleError
from abusedesk.core.htmx import DeskRequest, render_part
from abusedesk.core.models import Role, User
from detectors.adapters.kit.tables import CSV
from detectors.mapping.sample import MAX_BYTES
from detectors.mapping.spec import written
from detectors.mapping.steps import STEPS
from detectors.models import SavedMapping
from detectors.selectors.mapping import mapping_by_name, mapping_versions_of, mappings_for
from detectors.services.mapping import save_mapping
from detectors.ui.playground import SHAPE_WORDS, SUGGESTED, Board, opened, posted, spec_of
from detectors.ui.preview import previewed, sendable

UNREADY = "Not saved: a field is not right yet. What is wrong stands beside it."
TOO_LARGE = f"A sample has at most {MAX_BYTES // 1024} KiB; shorten it."


@login_required
@require_GET
def mapping_list(request: DeskRequest) -> HttpResponse:
    """All mappings, in their current versions."""
    _require_admin(request.user)
    rows = mappings_for(request.user).defer("sample", "spec")
    return render(request, "detectors/mapping_list.html", {"section": "mapping", "rows": rows})


@login_required
@require_http_methods(["GET", "POST"])
def mapping_new(request: DeskRequest) -> HttpResponse:
    """An empty playground."""
    _require_admin(request.user)
    board = _posted(request) if request.method == "POST" else opened(None)
    return _playground(request, board, None)


@login_required
@require_http_methods(["GET", "POST"])
def mapping_detail(request: DeskRequest, slug: str) -> HttpResponse:
    """The playground of a saved mapping; `?version=2` opens an older one."""
    _require_admin(request.user)
    current = mapping_by_name(slug, request.user)
    if request.method == "POST":
        return _playground(request, _posted(request, slug), current)
    version = request.GET.get("version", "")
    board = opened(mapping_by_name(f"{slug}@{version}", request.user) if version else current)
    board.based_on = current.number
    return _playground(request, board, current)


def _playground(request: DeskRequest, board: Board, saved: SavedMapping | None) -> HttpResponse:
    """The page; saves first when that is wanted and nothing is wrong."""
    status = 200
    preview = previewed(board)
    if request.POST.get("do") == "save":
        status, done = _save(request, board)
        if done is not None:
            messages.success(request, f"Version {done.number} of {done.slug} is in force.")
            return redirect("detectors:mapping-detail", done.slug)
    context: dict[str, Any] = {
        "section": "mapping",
        "board": board,
        "preview": preview,
        "saved": saved,
        "versions": mapping_versions_of(saved.slug, request.user) if saved else [],
        "next_number": board.based_on + 1,
        "curl": _curl(request, saved, board) if saved else "",
        "shapes": SHAPE_WORDS.items(),
        "steps": STEPS.items(),
        "suggested": SUGGESTED,
        "live": bool(request.htmx),
    }
    return render_part(
        request, "detectors/mapping_detail.html", context, part="live", status=status
    )


def _save(request: DeskRequest, board: Board) -> tuple[int, SavedMapping | None]:
    """Status of the answer, and the version when it was saved; errors stay on the board."""
    spec = spec_of(board)
    if board.is_broken or "sample" in board.errors:
        board.errors["fields"] = UNREADY
        return 422, None
    try:
        saved = save_mapping(
            actor=request.user,
            slug=board.slug,
            spec=written(spec),
            reason=board.reason,
            sample=board.sample,
            based_on=board.based_on,
        )
    except StaleError as error:
        board.errors["stale"] = error.message
        board.based_on = int(str(error.data["number"]))
        return 409, None
    except InvalidError as error:
        is_row = error.field.startswith("fields")
        board.errors["fields" if is_row else error.field] = UNREADY if is_row else error.message
        return 422, None
    return 200, saved


def _require_admin(user: User) -> None:
    if user.role != Role.ADMIN:
        message = "There is nothing here."
        raise NotFoundError(message)


def _posted(request: DeskRequest, slug: str = "") -> Board:
    """The form; an uploaded file takes the place of the pasted sample."""
    board = posted(request.POST.dict(), slug)
    file = request.FILES.get("file")
    if file is not None:
        board.sample = file.read(MAX_BYTES + 1).decode("utf-8-sig", "replace")
    if len(board.sample.encode("utf-8", "replace")) > MAX_BYTES:
        board.sample = ""
        board.errors["sample"] = TOO_LARGE
    board.sample = board.sample.replace("\0", "\ufffd")
    return board


def _curl(request: DeskRequest, saved: SavedMapping, board: Board) -> str:
    """A request that sends the sample. The sample is a file: in a shell, what others wrote acts."""
    kind = sendable(board)
    address = reverse("api-mapping-ingest", kwargs={"mapping": saved.slug})
    return (
        f"curl {request.build_absolute_uri(address)} \\\n"
        '  -H "Authorization: Bearer $ABUSEDESK_TOKEN" \\\n'
        f'  -H "Content-Type: {kind}" \\\n'
        f"  --data-binary @sample.{'csv' if kind == CSV else 'json'}"
    )
