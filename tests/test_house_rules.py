"""House rules that no linter knows. Each message says what to do instead."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from importlib import metadata
from pathlib import Path
from statistics import quantiles

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("abusedesk", "detectors", "cases")
WRITES = {
    "create", "bulk_create", "get_or_create", "update_or_create", "update", "bulk_update", "delete",
}  # fmt: skip
# Just below what there is: test lines for each product line.
MORE_TEST = 0.79
# How often product code silences a warning; only ever fewer.
SILENCED = {"noqa": 32, "type: ignore": 22}
# Services that take arguments by position.
BY_POSITION = {
    "cases/services/delivery.py host_of": "says a name, writes nothing",
    "detectors/services/alone.py alone": "a lock that other services work under",
    "detectors/services/backtest_result.py judge": "computes",
    "detectors/services/backtest_result.py totals_of": "computes",
    "detectors/services/complaints.py place_of": "says a name",
    "detectors/services/config.py checked_params": "reads",
    "detectors/services/config.py checked_settings": "reads",
    "detectors/services/config.py beside_of": "reads, and locks",
    "detectors/services/config.py current_of": "reads, and locks",
    "detectors/services/cursor.py position_of": "reads",
    "detectors/services/cuts.py cut_of": "a step of the engine",
    "detectors/services/cuts.py known_cut": "reads",
    "detectors/services/cuts.py lock_of": "says a number",
    "detectors/services/dead_letter.py is_mapped": "reads",
    "detectors/services/dead_letter.py raw_of": "reads",
    "detectors/services/dead_letter.py read_again": "reads",
    "detectors/services/drain.py drain": "runs other services until there is no work",
    "detectors/services/engine.py lagging_shards": "reads",
    "detectors/services/fusion.py fuse_all": "one budget for all streams",
    "detectors/services/ingest.py committed": "runs a block of a service in one transaction",
    "detectors/services/run.py lookback_start": "reads",
    "detectors/services/run.py position_of": "reads",
    "detectors/services/run.py reader_of": "reads",
    "detectors/services/run.py runner_at": "a step of the engine",
    "detectors/services/run.py save_checkpoint": "a step of the engine",
    "detectors/services/run.py shards_of": "reads",
}
# Services, or files of them, that no person calls.
WITHOUT_ACTOR = {
    "cases/services/bulk_work.py run_bulk": "workers; the job's row names its actor",
    "cases/services/bulk_work.py step_bulk": "workers; the job's row names its actor",
    "cases/services/bulk_work.py wake_bulk": "the clock does it",
    "cases/services/automated_delivery.py": "follows from a finding or an undo",
    "cases/services/automation.py permit_of": "reads",
    "cases/services/version_undo.py run_undo": "workers; the row of the undo names its actor",
    "cases/services/version_undo.py step_undo": "workers; the row of the undo names its actor",
    "cases/services/version_undo.py wake_undos": "the clock does it",
    "cases/services/case.py return_snoozed": "the clock does it",
    "cases/services/case_test.py end_case_test": "goes with a decision that somebody takes back",
    "detectors/services/scenario.py erase_due": "the clock does it",
    "detectors/services/scenario.py erase_of": "goes with a decision that somebody takes back",
    "detectors/services/scenario.py is_due": "reads",
    "detectors/services/scenario_content.py content_of": "reads",
    "detectors/services/scenario_run.py lost_with": "reads",
    "detectors/services/scenario_run.py run_scenarios": "workers",
    "cases/services/file.py drop_orphans": "the clock does it",
    "cases/services/answering.py finish_run": "workers; the feed's row names its owner",
    "cases/services/answering.py post_to_inbox": "carries what another service says",
    "cases/services/answering.py receipt_of": "says what is signed, writes nothing",
    "cases/services/bundle.py signature_of": "reads",
    "cases/services/circle.py key_in_force": "the desk itself, when it renders",
    "cases/services/circle_keys.py ensure_seal_key": "follows from naming the organisation",
    "cases/services/circle_keys.py fetch_keys": "workers; the feed's row names its owner",
    "cases/services/circle_keys.py join_hashed": "workers; the feed's row names its owner",
    "cases/services/circle_keys.py key_of": "reads",
    "cases/services/feed.py terms_of": "says terms, writes nothing",
    "cases/services/inbox.py source_of": "says a name",
    "cases/services/inbox.py sweep_posted": "the clock does it",
    "cases/services/inbox.py work_posted": "workers; the inbox's row names its owner",
    "cases/services/lookup.py index_lookups": "workers",
    "cases/services/lookup.py wake_index": "the clock does it",
    "cases/services/polling.py": "workers; the feed's row names its owner",
    "cases/services/misp_polling.py": "workers; the feed's row names its owner",
    "cases/services/misp_handover.py untold_events": "reads",
    "cases/services/taking.py counts": "says whether a row counts, writes nothing",
    "cases/services/exposure.py forget_seen": "the clock does it",
    "cases/services/leftover.py": "the clock does it",
    "cases/services/pattern_outcome.py make_outcomes": "the clock does it",
    "cases/services/pattern_outcome.py take_outcome": "follows from a hand-in, which has an actor",
    "cases/services/pattern_watch.py": "the clock does it, or follows from a hand-in",
    "cases/services/calibration.py": "the clock does it",
    "cases/services/delivery.py about_of": "reads",
    "cases/services/delivery.py json_of": "says bytes",
    "cases/services/delivery.py reverse_all": "follows from an undo, which has an actor",
    "cases/services/delivery.py may_leave": "the mark of the case says it, whoever asks",
    "cases/services/delivery.py owe_decision": "follows from a decision, which has an actor",
    "cases/services/delivery.py take_back": "follows from an undo, which has an actor",
    "cases/services/event.py": "the clock does it",
    "cases/services/hold.py extend_holds": "workers",
    "cases/services/reseal.py": "whoever runs the command holds both keys of the desk",
    "cases/services/task.py hand_out": "follows from the opening of a case",
    "cases/services/retention.py continue_purge": "workers, on behalf of who started it",
    "cases/services/retention.py wake_purges": "workers",
    "detectors/services/backtest.py run_backtest": "workers, on behalf of who started it",
    "detectors/services/backtest.py wake_backtests": "workers",
    "detectors/services/backtest.py forget_trials": "memory of a worker",
    "detectors/services/backtest_result.py end_with": "workers, on behalf of who started it",
    "detectors/services/backtest_result.py keep_result": "workers, on behalf of who started it",
    "detectors/services/backtest_sweep.py": "workers, on behalf of who started it",
    "detectors/services/hold.py extend_hold": "what is held has grown",
    "detectors/services/purge.py forget_purged_pages": "workers",
    "detectors/services/purge.py step_run": "workers, on behalf of who started it",
    "detectors/services/purge.py working_runs": "reads",
    "detectors/services/audit_draw.py": "follows from fusion and from a decision",
    "detectors/services/calibration.py": "the clock does it",
    "detectors/services/evidence_weights.py": "the clock does it",
    "detectors/services/answer.py": "the source says who, as in ingest; clean-up is the clock's",
    "detectors/services/alarm.py": "the clock does it",
    "detectors/services/campaigns_instead.py": "reads",
    "detectors/services/adopt.py": "follows from a new version, which has an actor",
    "detectors/services/complaints.py hand_over": "workers, on behalf of cases",
    "detectors/services/config.py end_version": "a person puts another in its place, or ends it",
    "detectors/services/config.py ensure_configs": "the desk itself, when it starts",
    "detectors/services/config.py lock_configs": "a lock that other services work under",
    "detectors/services/cursor.py": "workers",
    "detectors/services/apart.py parts_without": "reads",
    "detectors/services/apart.py rejoin": "follows from an undo, which has an actor",
    "detectors/services/cuts.py": "workers",
    "detectors/services/count.py": "workers, and ingest for what it refused",
    "detectors/services/engine.py": "workers",
    "detectors/services/faded.py": "follows from a cut or its undo, which have an actor",
    "detectors/services/finding.py": "workers",
    "detectors/services/dissolved.py": "workers",
    "detectors/services/breaker.py trip_detector": "the circuit breaker does it",
    "detectors/services/follow.py": "workers, and automation, which has an actor",
    "detectors/services/fusion.py": "workers",
    "detectors/services/heartbeat.py": "workers",
    "detectors/services/imports.py": "the operator at the shell",
    "detectors/services/ingest.py": "the source says who; ten thousand signals are no audit entry",
    "detectors/services/intake.py": "workers, on behalf of cases",
    "detectors/services/proposal.py remember": "workers",
    "detectors/services/promotion.py": "the clock does it, as people approved",
    "detectors/services/letter_job.py run_letter_job": "workers; the job's row names its actor",
    "detectors/services/letter_job.py step_job": "workers; the job's row names its actor",
    "detectors/services/letter_job.py wake_jobs": "the clock does it",
    "detectors/services/link.py": "workers",
    "detectors/services/replay.py": "the operator at the shell",
    "detectors/services/run.py": "workers",
    "detectors/services/shards.py": "workers",
    "detectors/services/sighting.py": "workers",
    "detectors/services/watch.py lock_list": "workers too",
    "detectors/services/watch_change.py": "workers",
    "detectors/services/source.py": "follows from ingest and imports",
    "detectors/services/verdict.py": "follows from a decision, which has an actor",
}
ODD_SELECTORS = {
    "cases/selectors/case.py queue_counts": "numbers of every queue",
    "cases/selectors/case.py queue_page": "rows in the order of `next`",
    "cases/selectors/content.py watched_by": "by who watches, not by owner",
    "cases/selectors/dashboard.py backlog_ages": "numbers",
    "cases/selectors/related.py similar_to": "by evidence, not by owner",
    "detectors/selectors/declared.py stale_groups": "by time, not by owner",
    "detectors/selectors/evidence.py signal_count": "a number",
    "detectors/selectors/suppression.py stale_suppressions": "by time, not by owner",
    "detectors/selectors/suppression.py suppressions_in_force": "by time, not by owner",
    "detectors/selectors/signal.py findings_citing": "by evidence, not by owner",
}
GPL = re.compile(r"\b(A?GPL|GNU (Affero )?General Public)", re.IGNORECASE)


@cache
def _python(*folders: str) -> tuple[Path, ...]:
    found = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return tuple(sorted(path for path in found if "migrations" not in path.parts))


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def _functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _calls(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Call):
            yield node.lineno, ast.unparse(node.func)


def _p90(values: list[int]) -> float:
    return quantiles(values, n=10)[-1]


PRODUCT = _python(*PACKAGES)


def test_files_are_short() -> None:
    sizes = {_name(path): _lines(path) for path in PRODUCT}
    assert {name: size for name, size in sizes.items() if size > 500} == {}, "Make it a package."
    assert _p90(list(sizes.values())) <= 200


def test_settings_files_are_short() -> None:
    sizes = {_name(path): _lines(path) for path in _python("abusedesk/settings")}
    assert {name: size for name, size in sizes.items() if size > 120} == {}


def test_functions_fit_in_a_glance() -> None:
    sizes = {
        f"{_name(path)}:{node.lineno} {node.name}": _length(node)
        for path in PRODUCT
        for node in _functions(path)
    }
    assert {name: size for name, size in sizes.items() if size > 60} == {}, "Name its parts."
    assert _p90(list(sizes.values())) <= 30


def test_task_bodies_call_one_service() -> None:
    long = {
        f"{_name(path)} {node.name}": len(node.body)
        for path in PRODUCT
        if path.name == "tasks.py"
        for node in _functions(path)
        if _length(node) > 15
    }
    assert long == {}, "Move the work into a service; the task only calls it."


def test_es_modules_are_short() -> None:
    sizes = {_name(path): _lines(path) for path in (ROOT / "static" / "js").glob("*.js")}
    assert {name: size for name, size in sizes.items() if size > 150} == {}


def test_there_is_more_test_than_product() -> None:
    tests = sum(_lines(path) for path in _python("tests"))
    product = sum(_lines(path) for path in PRODUCT)
    assert tests >= MORE_TEST * product, (
        f"{tests} test lines for {product} product lines: {tests / product:.3f}. The goal is 1.3;"
        " who lifts the ratio raises MORE_TEST, nobody lowers it."
    )


def test_warnings_are_not_silenced_more_often_than_before() -> None:
    counts = {
        mark: sum(path.read_text(encoding="utf-8").count(f"# {mark}") for path in PRODUCT)
        for mark in SILENCED
    }
    assert counts == SILENCED, (
        "More: repair the cause instead of silencing it. Fewer: well done, write it into SILENCED."
    )


def test_every_silenced_warning_has_a_code_and_a_reason() -> None:
    """`# noqa: X001 -- why`, `# type: ignore[code]  # why` (mypy reads nothing else)."""
    good = re.compile(r"# (noqa: [A-Z0-9, ]+ -- |type: ignore\[[a-z0-9-, ]+\] +# )\S")
    mark = re.compile(r"# (noqa|type: ignore)")
    bad = [
        f"{_name(path)}:{number}"
        for path in _python(*PACKAGES, "tests", "bench")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if mark.search(line) and path != Path(__file__) and not good.search(line)
    ]
    assert bad == [], "Say the code and the reason on the line."


def test_every_broad_except_stands_at_a_border_and_says_so() -> None:
    bad = [
        f"{_name(path)}:{number}"
        for path in PRODUCT
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(r"except( Base)?(Exception)?( as \w+)?:", line) and " border: " not in line
    ]
    assert bad == [], (
        "Catch what you expect; at a task or plug-in border write `# ... border: why`."
    )


def test_every_module_says_what_it_owns() -> None:
    bad = [_name(path) for path in PRODUCT if _lines(path) and not ast.get_docstring(_tree(path))]
    assert bad == [], "Begin the file with one line that says what it owns."


@pytest.mark.parametrize(
    ("pattern", "home", "instead"),
    [
        (r"^(datetime\.)*(datetime\.now|datetime\.utcnow|time\.time|timezone\.now)$",
         "abusedesk/core/clock.py", "Take the time from abusedesk.core.clock."),
        (r"^(uuid\.uuid\d|uuid4|secrets\.\w+|random\.(random|choice|randint|shuffle))$",
         "abusedesk/core/ids.py", "Take ids and randomness from abusedesk.core.ids."),
        (r"mark_safe$", "abusedesk/core/text.py", "Only core/text.py may call text safe."),
        (r"^(requests|urllib\.request|http\.client)\.\w+", "abusedesk/core/outbound.py",
         "HTTP goes through abusedesk.core.outbound."),
    ],
)  # fmt: skip
def test_dangerous_calls_have_one_home(pattern: str, home: str, instead: str) -> None:
    bad = [
        f"{_name(path)}:{line} {call}"
        for path in PRODUCT
        if _name(path) != home
        for line, call in _calls(path)
        if re.search(pattern, call)
    ]
    assert bad == [], instead


def test_product_code_imports_nothing_from_tests_or_bench() -> None:
    bad = [
        f"{_name(path)}:{node.lineno}"
        for path in PRODUCT
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").split(".")[0] in {"tests", "bench"}
    ]
    assert bad == []


def test_services_and_selectors_never_see_a_request() -> None:
    folders = [
        f"{app}/{room}" for app in ("cases", "detectors") for room in ("services", "selectors")
    ]
    bad = [
        f"{_name(path)}:{node.lineno}"
        for path in _python(*folders)
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.ImportFrom) and node.module == "django.http"
    ]
    assert bad == [], "Take domain objects, not requests."


def test_rows_are_locked_beside_foreign_keys() -> None:
    """Plain FOR UPDATE waits for every row that refers to the locked one, and dead-locks so."""
    bad = [
        f"{_name(path)}:{node.lineno}"
        for path in PRODUCT
        for node in ast.walk(_tree(path))
        if (isinstance(node, ast.Call) and _locks_keys(node))
        or (isinstance(node, ast.Constant) and re.search(r"\bFOR UPDATE\b", str(node.value)))
    ]
    assert bad == [], (
        "Lock with `select_for_update(no_key=True)`, in SQL `FOR NO KEY UPDATE`: no key changes"
        " here, so whoever inserts a row that refers to the locked one need not wait."
    )


def _locks_keys(call: ast.Call) -> bool:
    named = {word.arg: ast.unparse(word.value) for word in call.keywords}
    locks = isinstance(call.func, ast.Attribute) and call.func.attr == "select_for_update"
    return locks and named.get("no_key") != "True"


def test_a_model_is_written_by_its_owner() -> None:
    bad = []
    for path in _python("cases"):
        theirs = {
            alias.asname or alias.name
            for node in ast.walk(_tree(path))
            if isinstance(node, ast.ImportFrom) and (node.module or "") == "detectors.models"
            for alias in node.names
        }
        bad += [
            f"{_name(path)}:{line} {call}"
            for line, call in _calls(path)
            if call.split(".")[0] in theirs and call.split(".")[-1] in WRITES
        ]
    assert bad == [], "Call a service of detectors; only they write its models."


def test_saving_does_nothing_more_than_saving() -> None:
    bad = [
        f"{_name(path)}:{node.lineno} {node.name}"
        for path in PRODUCT
        if "models" in path.parts or path.name == "models.py"
        for node in _functions(path)
        if node.name in {"save", "delete"}
    ]
    assert bad == [], "Write through a service: control flow can then be read."


def _public(room: str) -> Iterator[tuple[str, ast.FunctionDef]]:
    """`path name` and definition of the functions that a room offers."""
    for path in _python(f"cases/{room}", f"detectors/{room}"):
        for node in _tree(path).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                yield f"{_name(path)} {node.name}", node


def test_services_are_called_by_keywords_and_begin_with_the_actor() -> None:
    by_position, without_actor = set(), set()
    for name, node in _public("services"):
        if node.args.args or node.args.posonlyargs:
            by_position.add(name)
        elif [one.arg for one in node.args.kwonlyargs][:1] != ["actor"]:
            without_actor.add(name)
    assert by_position == set(BY_POSITION), (
        "A service is `verb_noun(*, actor, ...)`; say in BY_POSITION why one is not."
    )
    machines = {name for name in without_actor if {name, name.split()[0]} & set(WITHOUT_ACTOR)}
    assert without_actor - machines == set(), (
        "Who does it? Take `actor` first, or say in WITHOUT_ACTOR why no person does it."
    )
    used = machines | {name.split()[0] for name in machines}
    assert set(WITHOUT_ACTOR) - used == set(), "These take an actor or are gone."


def test_selectors_say_in_their_name_what_they_need() -> None:
    odd = {
        name
        for name, node in _public("selectors")
        if not re.search(r"(_for|_of)$|_by_[a-z]+$", node.name)
    }
    assert odd == set(ODD_SELECTORS), (
        "Call it `nouns_for(viewer)`, `noun_by_ref(ref, viewer)` or `nouns_of(thing, viewer)`."
    )


def test_there_are_no_django_signal_handlers() -> None:
    assert [_name(path) for path in PRODUCT if path.name == "signals.py"] == []
    bad = [
        f"{_name(path)}:{line}"
        for path in PRODUCT
        for line, call in _calls(path)
        if call in {"receiver", "post_save.connect", "pre_save.connect"}
    ]
    assert bad == [], "Call the service: control flow can then be read."


def test_every_woken_task_exists() -> None:
    woken, registered = set(), set()
    for path in PRODUCT:
        text = path.read_text(encoding="utf-8")
        woken |= set(re.findall(r"\bwake\(\s*\"([\w.]+)\"", text))
        registered |= set(re.findall(r"@shared_task\(\s*name=\"([\w.]+)\"", text))
    assert woken - registered == set()


def test_every_task_has_limits() -> None:
    bad = [
        f"{_name(path)} {node.name}"
        for path in PRODUCT
        if path.name == "tasks.py"
        for node in _functions(path)
        for decorator in node.decorator_list
        if "shared_task" in ast.unparse(decorator)
        and not {"name", "time_limit", "soft_time_limit"}
        <= {word.arg for word in getattr(decorator, "keywords", [])}
    ]
    assert bad == []


TEMPLATES = tuple(sorted((ROOT / "templates").rglob("*.html")))


@pytest.mark.parametrize(
    ("pattern", "instead"),
    [
        (r"\|\s*safe\b", "Evidence is written by attackers: make it safe in core/text.py."),
        (r"{%\s*autoescape\s+off", "Evidence is written by attackers."),
        (r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")", "Scripts are files."),
        (r"\sstyle=", "Styles are classes; the policy blocks the attribute."),
        (r"\son[a-z]+=", "Listeners are added by a module; the policy blocks the attribute."),
        (r"(src|href)=\"(https?:)?//", "Nothing is loaded from elsewhere."),
    ],
)
def test_templates_keep_the_content_policy(pattern: str, instead: str) -> None:
    bad = [
        f"{_name(path)}:{number}"
        for path in TEMPLATES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(pattern, line)
    ]
    assert bad == [], instead


def test_top_level_holds_what_the_architecture_says() -> None:
    allowed = {*PACKAGES, "tests", "bench"}
    found = {
        path.parent.name for path in ROOT.glob("*/*.py") if not path.parent.name.startswith(".")
    }
    assert found - {"var"} <= allowed


def test_no_installed_runtime_package_is_gpl() -> None:
    names = [
        line.split("==")[0].split("[")[0].strip()
        for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
        if "==" in line
    ]
    bad = {}
    for name in names:
        about = metadata.metadata(name).json
        told = [str(about.get("license_expression") or about.get("license") or "")[:80]]
        told += [line for line in about.get("classifier", []) if line.startswith("License")]
        text = " ".join(told).replace("LGPL", "").replace("Lesser General Public", "")
        if GPL.search(text):
            bad[name] = text
    assert bad == {}


def test_every_requirement_says_why_it_is_there() -> None:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if "==" in line and "# " not in line] == []


def test_the_repository_speaks_of_the_product_alone() -> None:
    """No machine path, no registry host; data beside the checkout is read by relative path only."""
    private = re.compile(r"/work/|/root/|\.library|files\.pythonhosted|registry\.npmjs")
    suffixes = {".py", ".md", ".txt", ".lock", ".toml", ".html", ".css", ".js", ".yml", ".json"}
    folders = (*PACKAGES, "tests", "bench", "docs", "deploy", "templates", "static")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]
    files += [path for path in ROOT.glob("*") if path.is_file()]
    bad = [
        _name(path)
        for path in files
        if (path.suffix in suffixes or path.name == "Makefile")
        and path != Path(__file__)
        and private.search(path.read_text(encoding="utf-8"))
    ]
    assert bad == []
