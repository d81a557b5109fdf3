"""Writes the pages under docs/ that are made from the code, or checks that they are true."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from abusedesk import env
from abusedesk.core import audit, datamodel, shortcuts
from abusedesk.core.models import Role, Scope
from cases import policy, states
from detectors import policy as signal_policy
from detectors import registry, scoring
from detectors.adapters.base import MAX_PART, Adapter
from detectors.adapters.registry import all_adapters
from detectors.base import Detector
from detectors.overrides import NAME as OVERRIDES
from detectors.overrides import schema_of
from detectors.schema import Kind
from detectors.sigma.checking import MODIFIERS
from detectors.sigma.fields import FIELDS

FOLDER = Path("docs")
OVERRIDABLE = "; may be another number for a platform or a source"


class Command(BaseCommand):
    help = "Write the pages made from the code; --check says which page is not true any more."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        stale = [name for name, page in PAGES.items() if not _is_current(name, page())]
        if check and stale:
            message = f"Run `make docs`: {', '.join(stale)} in {FOLDER} differ from the code."
            raise CommandError(message)
        for name in [] if check else stale:
            path = _path(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(PAGES[name](), encoding="utf-8")
        self.stdout.write(f"{len(PAGES)} pages are true, {len(stale)} were written.")


def _path(name: str) -> Path:
    return Path(settings.BASE_DIR) / FOLDER / name


def _is_current(name: str, text: str) -> bool:
    path = _path(name)
    return path.exists() and path.read_text(encoding="utf-8") == text


def _page(title: str, *parts: str) -> str:
    note = "This page is made from the code by `make docs`."
    return "\n\n".join([f"# {title}", note, *parts]) + "\n"


def _table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    columns = list(head)
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")


def _settings() -> str:
    rows = []
    for name, field in env.Env.model_fields.items():
        secret = (
            " Also as a file: `" + env.variable(name) + "_FILE`." if name in env.SECRETS else ""
        )
        default = "" if field.default is None else f"`{_default(field.default)}`"
        rows.append((f"`{env.variable(name)}`", default, f"{field.description}{secret}"))
    intro = (
        "Every variable of the environment that the desk reads. A wrong value or an unknown"
        " `ABUSEDESK_…` stops the start with a sentence."
    )
    return _page("Settings", intro, _table(("Variable", "Default", "Meaning"), rows))


def _default(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _detectors() -> str:
    return _page("Detectors", *(_detector(kind) for kind in registry.all_detectors().values()))


def _detector(kind: type[Detector[Any, Any]]) -> str:
    meta = kind.meta
    properties = schema_of(kind.Params)
    rows = [
        (
            f"`{name}`",
            f"{field.get('default', '')} {field.get('unit', '')}".strip(),
            _bounds(field),
            field.get("description", "") + (OVERRIDABLE if field.get("overridable") else ""),
        )
        for name, field in properties.items()
        if name != OVERRIDES
    ]
    falsifiers = "\n".join(f"- {line}" for line in meta.falsifiers)
    head = f"## {meta.title} (`{meta.slug}`, version {meta.version}, family {meta.family})"
    table = _table(("Parameter", "Default", "Bounds", "Meaning"), rows)
    return "\n\n".join(
        [
            head,
            meta.doc,
            *(f"Needs the optional package `{package}`." for package in meta.needs),
            table,
            f"What would make a finding false:\n\n{falsifiers}",
            f"Source: {meta.source}",
        ]
    )


def _bounds(field: dict[str, Any]) -> str:
    low, high = field.get("minimum"), field.get("maximum")
    return "" if low is None and high is None else f"{low} to {high}"


def _rule_fields() -> str:
    fields = [
        (f"`{one.shown}`", one.shape.value, "several" if one.many else "one", one.what,
         f"`{one.example}`")
        for one in FIELDS.values()
    ]  # fmt: skip
    intro = (
        "What [rules](../rules.md) may ask of a signal. A field without a value is met by `null` "
        "and by `exists: false` only. Words without a field are looked for in the text."
    )
    modifiers = [(f"`{name}`", what) for name, what in MODIFIERS.items()]
    return _page(
        "Fields of rules",
        intro,
        _table(("Field", "Value", "How many", "Meaning", "Example"), fields),
        "## Modifiers",
        _table(("Modifier", "Meaning"), modifiers),
    )


def _adapters() -> str:
    rules = "\n".join(f"- {rule}" for rule in ADAPTER_RULES)
    adapters = map(_adapter, all_adapters().values())
    return _page("Adapters", ADAPTER_INTRO, rules, *adapters)


def _adapter(adapter: Adapter) -> str:
    meta = adapter.meta
    rows = [
        ("Content-Type", ", ".join(f"`{one}`" for one in meta.media_types)),
        ("Files", ", ".join(f"`{one}`" for one in meta.suffixes)),
        ("Kinds", ", ".join(f"`{kind.value}`" for kind in meta.kinds)),
        ("Platform", meta.platforms),
        ("Time", meta.time),
        ("external_id", meta.external_id),
        ("Format", meta.spec),
    ]
    return f"## {meta.title} (`{meta.slug}`)\n\n{meta.doc}\n\n" + _table(("What", "How"), rows)


def _fusion() -> str:
    rows = [
        (name, weight.cap, f"{weight.half_life_d:g} days")
        for name, weight in scoring.WEIGHTS.items()
    ]
    intro = (
        f"A pair of accounts starts at log odds {scoring.PRIOR:g}. Inside a family the strongest"
        " finding counts, families add up; each fades with its half-life."
    )
    return _page("Evidence weights", intro, _table(("Family", "Cap", "Half-life"), rows))


def _keys() -> str:
    parts = []
    for title, entries in shortcuts.groups():
        rows = [
            (" ".join(f"`{key}`" for key in shortcuts.shown(one)), one.label) for one in entries
        ]
        parts.append(f"## {title}\n\n" + _table(("Key", "What it does"), rows))
    return _page("Keys", *parts)


def _permissions() -> str:
    roles = list(Role)
    rows = [
        (f"`{verb}`", *("yes" if role in allowed else "" for role in roles))
        for verb, allowed in sorted((policy.PERMISSIONS | signal_policy.PERMISSIONS).items())
    ]
    moves = [
        (state.label, ", ".join(sorted(to.label for to in after)) or "nothing")
        for state, after in states.TRANSITIONS.items()
    ]
    scopes = [(f"`{scope.value}`", scope.label) for scope in Scope]
    return _page(
        "Permissions and states",
        "## Roles\n\n" + _table(("Permission", *(role.label for role in roles)), rows),
        "## Token scopes\n\n" + _table(("Scope", "Allows"), scopes),
        "## States of a case\n\n" + _table(("From", "To"), moves),
    )


def _data_model() -> str:
    intro = (
        "Every table of the desk: its owner, whose services alone write it, and what it keeps to."
        " Tables that are partitioned have their keys and indexes in a migration instead:"
        " `detectors/migrations/0002_store.py`, those of search in `0004_explorer.py`."
    )
    return _page("Data model", intro, *(_model(one) for one in datamodel.described()))


def _model(one: datamodel.Described) -> str:
    rows = [(f"`{name}`", kind, meaning) for name, kind, meaning in one.fields]
    rules = "\n".join(f"- {rule}" for rule in one.rules)
    parts = [
        f"## {one.name}",
        f"{one.about} Owner: `{one.owner}`, table `{one.table}`.",
        _table(("Field", "Type", "Meaning"), rows),
        rules,
    ]
    return "\n\n".join(filter(None, parts))


def _vocabulary() -> str:
    verbs = [(f"`{verb}`", sentence) for verb, sentence in audit.SENTENCES.items()]
    kinds = [(f"`{kind.value}`",) for kind in Kind]
    return _page(
        "Vocabulary",
        "## Signal kinds\n\n" + _table(("Kind",), kinds),
        "## Audit verbs\n\n" + _table(("Verb", "Sentence"), verbs),
    )


ADAPTER_INTRO = (
    "Integrations post what their tools say, in the shapes their tools have; an adapter turns it"
    " into signals. `POST /api/v1/ingest/<slug>/` takes a payload over REST, with a token of the"
    " scope `ingest` and the answer of `/api/v1/signals/`; `GET /api/v1/ingest/` lists what there"
    " is; `manage.py import_signals FILE... --format <slug>` takes files (`.gz` too)."
)
ADAPTER_RULES = (
    (
        "What a payload becomes is judged by the same rules as any signal: limits, reasons, dead"
        " letters. A refused signal is kept as JSON of the contract and can be fixed and replayed."
        " A piece of which no signal could be made is kept as it came, with the adapter's name:"
        " correct it, send it again through the adapter, then discard it."
    ),
    "Each refusal says where: a path of fields, a line, a message, a part.",
    (
        "What an adapter has no field for stays in `attributes.<slug>`, empty values aside. What"
        " is above a limit is cut, and `attributes.truncated` names it; a name that is too long"
        " becomes a digest. NUL and half surrogate pairs become U+FFFD."
    ),
    (
        "The same payload again adds nothing: `external_id` is made from the foreign id, or from a"
        " digest of the content."
    ),
    (
        "A time is never guessed. A payload that says none is refused, unless its format has a"
        " rule for that, which stands below."
    ),
    (
        "A request holds at most 10 MiB and becomes at most 5,000 signals of 32 MiB. Of a file, no"
        f" more than a document, line or message of {MAX_PART // 2**20} MiB is held, and the"
        " signals of one batch."
    ),
)
PAGES: dict[str, Callable[[], str]] = {
    "data-model.md": _data_model,
    "adapters.md": _adapters,
    "reference/settings.md": _settings,
    "reference/rule-fields.md": _rule_fields,
    "reference/detectors.md": _detectors,
    "reference/evidence-weights.md": _fusion,
    "reference/keys.md": _keys,
    "reference/permissions.md": _permissions,
    "reference/vocabulary.md": _vocabulary,
}
