"""Rules that pySigma's SQLite backend and this desk must read alike: conditions, then counts."""

from __future__ import annotations

from typing import Final

_PLAIN: Final = """title: "{title}"
name: base
logsource:
  product: abusedesk
detection:
{detection}
"""
DETECTIONS: Final = {
    "equals": "  s:\n    kind: post\n  condition: s",
    "case does not count": "  s:\n    platform: CHIRP\n  condition: s",
    "one of several": "  s:\n    kind: [post, reply]\n  condition: s",
    "two fields": "  s:\n    kind: post\n    platform: chirp\n  condition: s",
    "contains": "  s:\n    text|contains: prize\n  condition: s",
    "contains one of": "  s:\n    text|contains: [vote, ferry]\n  condition: s",
    "contains all": "  s:\n    text|contains|all: [win, prize]\n  condition: s",
    "begins": "  s:\n    text|startswith: now\n  condition: s",
    "ends": "  s:\n    text|endswith: DM\n  condition: s",
    "exact case": "  s:\n    text|contains|cased: NOW\n  condition: s",
    "exact case, whole": "  s:\n    attributes.lang|cased: DE\n  condition: s",
    "begins in exact case": "  s:\n    text|startswith|cased: Prize\n  condition: s",
    "star in the middle": "  s:\n    text: 'win*now*'\n  condition: s",
    "question mark": "  s:\n    actor: 'a?'\n  condition: s",
    "escaped star": "  s:\n    text|contains: 'a\\*b'\n  condition: s",
    "per cent sign": "  s:\n    text|contains: '100%'\n  condition: s",
    "underscore": "  s:\n    text|contains: 'free_money'\n  condition: s",
    "underscore is no wildcard": "  s:\n    text|contains: 'fre_money'\n  condition: s",
    "backslash": "  s:\n    text|contains: 'back\\slash'\n  condition: s",
    "apostrophe": '  s:\n    text|contains: "it\'s"\n  condition: s',
    "markup": "  s:\n    text|contains: '<script>'\n  condition: s",
    "letters outside ASCII": "  s:\n    text|contains: Größe\n  condition: s",
    "any text at all": "  s:\n    text: '*'\n  condition: s",
    "absent": "  s:\n    identifiers.device: null\n  condition: s",
    "there": "  s:\n    identifiers.device|exists: true\n  condition: s",
    "not there": "  s:\n    identifiers.device|exists: false\n    kind: post\n  condition: s",
    "network": "  s:\n    identifiers.ip|cidr: 10.0.0.0/16\n  condition: s",
    "small network": "  s:\n    identifiers.ip|cidr: 10.1.0.0/30\n  condition: s",
    "regular expression": "  s:\n    text|re: '^(win|vote).*NOW'\n  condition: s",
    "regular expression, any case": "  s:\n    text|re|i: 'prize\\s+now'\n  condition: s",
    "not a regular expression": (
        "  s:\n    kind: post\n  f:\n    text|re: 'w[io]n'\n  condition: s and not f"
    ),
    "number": "  s:\n    ai.tokens_in: 2000\n  condition: s",
    "number above": "  s:\n    ai.tokens_in|gt: 2000\n  condition: s",
    "number at least": "  s:\n    ai.tokens_in|gte: 2000\n  condition: s",
    "number below": "  s:\n    actor_profile.followers|lt: 5\n  condition: s",
    "number at most": "  s:\n    actor_profile.followers|lte: 3\n  condition: s",
    "young account": "  s:\n    actor_age_h|lt: 48\n  condition: s",
    "number with a fraction": "  s:\n    attributes.score: 2.5\n  condition: s",
    "negative number": "  s:\n    attributes.score|lt: 0\n  condition: s",
    "between": "  s:\n    attributes.score|gt: 0\n    attributes.score|lt: 71\n  condition: s",
    "yes": "  s:\n    ai.refused: true\n  condition: s",
    "no": "  s:\n    attributes.flag: false\n  condition: s",
    "and not": "  s:\n    kind: post\n  f:\n    text|contains: win\n  condition: s and not f",
    "not of an absent field": (
        "  s:\n    kind: post\n  f:\n    identifiers.device: d1\n  condition: s and not f"
    ),
    "not of all": "  s:\n    kind: post\n    platform: chirp\n  condition: not s",
    "or": "  a:\n    kind: login\n  b:\n    text|contains: vote\n  condition: a or b",
    "parentheses": (
        "  a:\n    kind: post\n  b:\n    text|contains: vote\n  c:\n    platform: telegram\n"
        "  condition: a and (b or c)"
    ),
    "one of them": "  sa:\n    kind: login\n  sb:\n    kind: reply\n  condition: 1 of them",
    "all of a kind": (
        "  sel_a:\n    kind: post\n  sel_b:\n    platform: chirp\n  other:\n    kind: login\n"
        "  condition: all of sel_* and not other"
    ),
    "list of selections": (
        "  s:\n    - kind: login\n      platform: chirp\n    - text|contains: prize\n  condition: s"
    ),
    "words anywhere": "  words:\n    - prize\n    - ferry\n  condition: words",
    "account": "  s:\n    account: chirp:a3\n  condition: s",
}
PLAIN: Final = {
    name: _PLAIN.format(title=name, detection=detection) for name, detection in DETECTIONS.items()
}

_POSTS: Final = """title: posts
name: posts
logsource: {product: abusedesk}
detection:
  s: {kind: post}
  condition: s
---
"""
_LOGINS: Final = """title: logins
name: logins
logsource: {product: abusedesk}
detection:
  s: {kind: login}
  condition: s
---
"""
_PAID: Final = """title: paid
name: paid
logsource: {product: abusedesk}
detection:
  s: {kind: payment}
  condition: s
---
"""
_REGEX: Final = """title: regex
name: posts
logsource: {product: abusedesk}
detection:
  s: {'text|re': '(?i)win|vote', 'identifiers.ip|cidr': 10.0.0.0/16}
  condition: s
---
"""


def _counted(parts: str, kind: str, rules: str, group: str, span: str, condition: str) -> str:
    lines = [
        f"{parts}title: counted", "correlation:", f"  type: {kind}", f"  rules: [{rules}]",
        *([f"  group-by: [{group}]"] if group else []), f"  timespan: {span}",
        f"  condition: {{{condition}}}",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


_BOTH: Final = _POSTS + _LOGINS
_THREE: Final = _BOTH + _PAID
COUNTED: Final = {
    " ".join(("count", *row[1:])): _counted(*row)
    for row in (
        (_POSTS, "event_count", "posts", "identifiers.ip", "10m", "gte: 3"),
        (_POSTS, "event_count", "posts", "account", "1h", "gte: 2"),
        (_POSTS, "event_count", "posts", "account", "1h", "gt: 2"),
        (_POSTS, "event_count", "posts", "account, identifiers.ip", "1d", "gte: 3"),
        (_POSTS, "event_count", "posts", "platform, kind, attributes.lang", "5m", "gte: 4"),
        (_POSTS, "event_count", "posts", "", "5m", "gte: 5"),
        (_POSTS, "event_count", "posts", "identifiers.device", "300s", "gte: 2"),
        (_POSTS, "event_count", "posts", "identifiers.ip", "1s", "gte: 2"),
        (_BOTH, "event_count", "posts, logins", "account", "30m", "gte: 3"),
        (_REGEX, "event_count", "posts", "platform", "1h", "gte: 3"),
        (_POSTS, "value_count", "posts", "identifiers.ip", "10m", "gte: 3, field: account"),
        (_POSTS, "value_count", "posts", "identifiers.device", "1h", "gte: 3, field: actor"),
        (_POSTS, "value_count", "posts", "account", "1d", "gte: 2, field: attributes.lang"),
        (_POSTS, "value_count", "posts", "account", "12h", "gte: 3, field: text"),
        (_POSTS, "value_count", "posts", "", "2m", "gte: 5, field: account"),
        (_POSTS, "value_count", "posts", "platform", "300s", "gt: 4, field: identifiers.ip"),
        (_BOTH, "value_count", "posts, logins", "identifiers.ip", "20m", "gte: 4, field: account"),
        (_REGEX, "value_count", "posts", "platform", "2h", "gte: 3, field: account"),
        (_BOTH, "temporal", "posts, logins", "account", "5m", "gte: 2"),
        (_BOTH, "temporal", "posts, logins", "identifiers.ip", "60s", "gte: 2"),
        (_THREE, "temporal", "posts, logins, paid", "identifiers.ip", "10m", "gte: 3"),
        (_THREE, "temporal", "posts, logins, paid", "account", "1h", "gte: 2"),
        (_THREE, "temporal", "posts, logins, paid", "", "60s", "gte: 3"),
        (_BOTH, "temporal_ordered", "posts, logins", "account", "10m", "gte: 2"),
        (_BOTH, "temporal_ordered", "logins, posts", "account", "10m", "gte: 2"),
        (_BOTH, "temporal_ordered", "posts, logins", "identifiers.ip", "60s", "gte: 2"),
        (_THREE, "temporal_ordered", "logins, posts, paid", "account", "2h", "gte: 3"),
        (_THREE, "temporal_ordered", "paid, logins, posts", "identifiers.ip", "10m", "gte: 3"),
        (_THREE, "temporal_ordered", "posts, logins, paid", "", "5m", "gte: 3"),
    )
}
