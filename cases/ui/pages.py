"""The pages of the console by who may open them: the left rail and the palette show the same."""

from __future__ import annotations

from typing import Final, NamedTuple

from abusedesk.core.models import Role

EVERYBODY: Final = frozenset(Role)
STAFF: Final = frozenset({Role.REVIEWER, Role.LEAD, Role.ADMIN})
LEADS: Final = frozenset({Role.LEAD, Role.ADMIN})
ADMINS: Final = frozenset({Role.ADMIN})


class Page(NamedTuple):
    """section: what its view says it belongs to. icon: none where it stands below another page.

    key: id of the shortcut that opens it.
    """

    name: str
    title: str
    roles: frozenset[Role]
    section: str
    icon: str = ""
    key: str = ""


RAIL: Final = (
    Page("cases:work", "My work", EVERYBODY, "work", "work", "go-work"),
    Page("cases:inbox", "Notices", EVERYBODY, "inbox", "note", "go-inbox"),
    Page("cases:search", "Search", STAFF, "search", "search", "go-search"),
    Page("cases:queues", "Queues", EVERYBODY, "queues", "queue", "go-queues"),
    Page("cases:case-list", "Cases", EVERYBODY, "cases", "case", "go-cases"),
    Page("cases:bulk-jobs", "Jobs", STAFF, "jobs"),
    Page("cases:views", "Saved views", STAFF, "views"),
    Page("cases:proposals", "Proposals", STAFF, "proposals"),
    Page("detectors:signal-list", "Signals", EVERYBODY, "signals", "signal", "go-signals"),
    Page("detectors:detector-list", "Detectors", EVERYBODY, "detectors", "detector",
         "go-detectors"),
    Page("detectors:rule-new", "New rule", LEADS, "rules"),
    Page("cases:share-list", "Sharing", STAFF, "sharing", "right", "go-sharing"),
    Page("cases:circle-list", "Circles", STAFF, "circles"),
    Page("cases:partner-list", "Partners", STAFF, "partners"),
    Page("cases:feed-list", "Feeds", STAFF, "feeds"),
    Page("cases:imported-list", "Shared by others", STAFF, "imported"),
    Page("cases:ledger", "Sharing ledger", LEADS, "ledger"),
    Page("cases:operations", "Dashboard", EVERYBODY, "dashboards", "chart", "go-dashboards"),
    Page("cases:quality", "Quality", STAFF, "quality", "check"),
    Page("cases:policy-list", "Policies", STAFF, "policies"),
    Page("cases:statements", "Statements of reasons", LEADS, "statements"),
    Page("detectors:source-list", "Sources", STAFF, "sources", "source"),
    Page("detectors:mapping-list", "Mappings", ADMINS, "mapping"),
    Page("detectors:entity-types", "Entity types", ADMINS, "types"),
    Page("cases:playbooks", "Playbooks", STAFF, "playbooks"),
    Page("cases:templates", "Message templates", STAFF, "templates"),
    Page("detectors:watch-list", "Watch list", STAFF, "watch"),
    Page("detectors:import-list", "Indicator imports", STAFF, "imports"),
    Page("detectors:group-list", "Declared groups", STAFF, "groups"),
    Page("detectors:letter-list", "Dead letters", STAFF, "letters", "letter"),
    Page("cases:shifts", "Shifts", LEADS, "shifts", "person"),
    Page("cases:queue-settings", "Queues and routing", ADMINS, "routing", "queue"),
    Page("cases:webhooks", "Webhooks", ADMINS, "webhooks", "letter"),
    Page("tokens", "Tokens", ADMINS, "settings", "key", "go-settings"),
    Page("cases:masking", "Masking", ADMINS, "masking"),
    Page("cases:retention", "Retention", ADMINS, "retention", "clock"),
)  # fmt: skip
PAGES: Final = (*RAIL, Page("me", "Personal settings", EVERYBODY, "me", "person", "go-personal"))
