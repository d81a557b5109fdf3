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
SERVICE_VERBS = re.compile(r"^[a-z]+(_[a-z0-9]+)*$")
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
    assert tests >= 0.6 * product, f"{tests} test lines for {product} product lines"


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
