"""Small parts of pages: icons, keys, severities, times, meters, and the safe views of text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from abusedesk.core import clock, shortcuts, text, translating, zones
from abusedesk.core.platforms import platform_name

register = template.Library()

MINUTE = 60
HOUR = 3_600
DAY = 86_400
SPARK = 24  # units of height
SEVERITIES = ("info", "low", "medium", "high", "critical")

register.filter("platform", platform_name)
register.filter("safe_view", text.safe_view)
register.filter("name_view", text.name_view)
register.filter("defang", text.defang)
register.filter("visible", text.visible)
register.filter("unhidden", text.unhidden)
register.filter("is_long", text.is_long)
register.filter("note_html", text.note_html)
register.filter("code_points", text.code_points)
register.filter("moment", zones.told)
register.filter("minute", zones.minute)
register.filter("local", zones.local)
register.simple_tag(zones.current_name, name="zone_name")
register.simple_tag(translating.is_on, name="translates")


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """One symbol of the sprite; with a label it is an image, without it is decoration."""
    href = f"{static('img/icons.svg')}#{name}"
    if label:
        return format_html(
            '<svg class="icon" role="img" aria-label="{}"><use href="{}"/></svg>', label, href
        )
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}"/></svg>', href)


@register.simple_tag(takes_context=True)
def keys(context: Mapping[str, Any], shortcut_id: str) -> SafeString | str:
    """The `<kbd>` hint of one shortcut; nothing when this person switched it off."""
    shortcut = _own_keys(context).get(shortcut_id)
    if shortcut is None:
        return ""
    inner = format_html_join("", "<kbd>{}</kbd>", ((key,) for key in shortcuts.shown(shortcut)))
    return format_html('<span class="keys" aria-hidden="true">{}</span>', inner)


@register.simple_tag(takes_context=True)
def hotkey(context: Mapping[str, Any], *shortcut_ids: str) -> SafeString:
    """Attributes that bind an element to one shortcut, or to several."""
    known = _own_keys(context)
    found = (shortcuts.aria(known[one]) for one in shortcut_ids if one in known)
    bound, aria = " ".join(shortcut_ids), " ".join(filter(None, found))
    if not aria:
        return format_html('data-hotkey="{}"', bound)
    return format_html('data-hotkey="{}" aria-keyshortcuts="{}"', bound, aria)


@register.simple_tag(takes_context=True)
def key_groups(context: Mapping[str, Any]) -> list[tuple[str, list[dict[str, Any]]]]:
    """What the `?` dialog lists."""
    return [
        (
            title,
            [{"id": one.id, "label": one.label, "keys": shortcuts.shown(one)} for one in entries],
        )
        for title, entries in shortcuts.groups(_own_keys(context).values())
    ]


@register.simple_tag(takes_context=True)
def key_registry(context: Mapping[str, Any]) -> list[dict[str, object]]:
    """The registry for `hotkeys.js`."""
    return shortcuts.as_json(_own_keys(context).values())


@register.simple_tag
def severity(level: int) -> SafeString:
    """Shape, word and colour of a severity."""
    word = SEVERITIES[level]
    mark = icon(f"sev-{level}")
    return format_html('<span class="sev sev-{}">{}{}</span>', level, mark, word.capitalize())


@register.simple_tag
def when(moment: datetime | None) -> SafeString | str:
    """A moment, relative; in its title, and beside it while it has the focus, the absolute one."""
    if moment is None:
        return "never"
    exact = zones.told(moment, "%Y-%m-%d %H:%M:%S")
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', moment.isoformat(), exact, relative(moment)
    )


@register.simple_tag
def server_now() -> str:
    """The clock of the desk, for pages whose clocks tick."""
    return clock.now().isoformat()


@register.simple_tag
def due(moment: datetime) -> SafeString:
    """Time left until `moment`; late is a word and a colour."""
    left = (moment - clock.now()).total_seconds()
    css = "late" if left < 0 else "soon" if left < 4 * HOUR else ""
    said = f"{span(-left)} late" if left < 0 else f"{span(left)} left"
    return format_html(
        '<time class="{}" datetime="{}" title="{}" data-due>{}</time>',
        css,
        moment.isoformat(),
        zones.told(moment),
        said,
    )


@register.simple_tag
def meter(share: float, label: str, css: str = "") -> SafeString:
    """A bar of 0..1; the width is an SVG attribute because the policy blocks inline styles."""
    width = round(100 * min(1.0, max(0.0, share)), 1)
    return format_html(
        '<svg class="bar" role="img" aria-label="{}" viewBox="0 0 100 4" '
        'preserveAspectRatio="none">'
        '<rect class="track" width="100" height="4"/><rect class="fill {}" width="{}" height="4"/>'
        "</svg>",
        label,
        css,
        width,
    )


@register.simple_tag
def spark(values: Sequence[int], label: str) -> SafeString:
    """Bars side by side, the newest last; sizes are SVG attributes, as for `meter`."""
    most = max(values, default=0)
    bars = (
        (4 * at, SPARK - height, height)
        for at, value in enumerate(values)
        if (height := max(1, round(SPARK * value / most)) if value else 0)
    )
    return format_html(
        '<svg class="spark" role="img" aria-label="{}" viewBox="0 0 {} {}" '
        'preserveAspectRatio="none"><path d="M0 {}h{}"/>{}</svg>',
        f"{label}: most {most:,}, now {values[-1] if values else 0:,}",
        4 * len(values),
        SPARK,
        SPARK - 0.5,
        4 * len(values),
        format_html_join("", '<rect x="{}" y="{}" width="3" height="{}"/>', bars),
    )


@register.simple_tag
def bars(values: Sequence[int], label: str) -> SafeString:
    """As `spark`, in one path: a list of fifty rows has hundreds of nodes less."""
    most = max(values, default=0) or 1
    heights = [max(1, round(SPARK * value / most)) if value else 0 for value in values]
    drawn = (f"M{4 * at} {SPARK}v-{h}h3v{h}z" for at, h in enumerate(heights) if h)
    return format_html(
        '<svg class="spark" role="img" aria-label="{}: most {}, now {}" viewBox="0 0 {} {}"'
        ' preserveAspectRatio="none"><path d="M0 {}h{}"/><path class="bars" d="{}"/></svg>',
        label, f"{max(values, default=0):,}", f"{values[-1] if values else 0:,}",
        4 * len(values), SPARK, SPARK - 0.5, 4 * len(values), "".join(drawn),
    )  # fmt: skip


@register.filter
def percent(share: float) -> str:
    """0.934 as `93 %`; never 100 % for what is not certain."""
    whole = round(100 * share)
    return "> 99 %" if share < 1 and whole == 100 else f"{whole} %"  # noqa: PLR2004 -- percent


@register.filter
def number(value: float | None) -> str:
    """At most three digits behind the point, none without need; an empty cell for nothing."""
    if value is None:
        return ""
    if isinstance(value, bool | str):
        return str(value)
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:.3g}" if abs(value) < 1 else f"{value:,.2f}".rstrip("0").rstrip(".")


@register.filter
def signed(value: float) -> str:
    """`+6.50`."""
    return f"{value:+.2f}"


@register.filter
def day(moment: datetime) -> str:
    """Date and minute, UTC: where the page says so, as charts, filters and reports do."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M")


def relative(moment: datetime) -> str:
    """`5 min ago`, `in 3 h`, `12 Nov 2016`."""
    seconds = (clock.now() - moment).total_seconds()
    if abs(seconds) > 60 * DAY:
        local = zones.here(moment)
        return f"{local.day} {local:%b %Y}"
    if abs(seconds) < MINUTE:
        return "just now"
    return f"{span(seconds)} ago" if seconds > 0 else f"in {span(-seconds)}"


@register.filter
def span(seconds: float | timedelta) -> str:
    """The largest fitting unit: `45 s`, `12 min`, `7 h`, `3 d`."""
    left = seconds.total_seconds() if isinstance(seconds, timedelta) else seconds
    for size, unit in ((2 * DAY, "d"), (2 * HOUR, "h"), (MINUTE, "min")):
        if left >= size:
            return (
                f"{int(left // (DAY if unit == 'd' else HOUR if unit == 'h' else MINUTE))} {unit}"
            )
    return f"{int(left)} s"


def _own_keys(context: Mapping[str, Any]) -> Mapping[str, shortcuts.Shortcut]:
    """The keys of whom the page is for, read once a request."""
    request = context["request"]
    if not hasattr(request, "own_keys"):
        entries = shortcuts.in_force(request.user.own_keys)
        request.own_keys = {one.id: one for one in entries}
    found: Mapping[str, shortcuts.Shortcut] = request.own_keys
    return found
