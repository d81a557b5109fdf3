"""The pages of the console by who may open them: the left rail and the palette show the same."""

from __future__ import annotations

from typing import Final, NamedTuple

from abusedesk.core.models import Role

EVERYBODY: Final = frozenset(Role)
STAFF: Final = frozenset({Role.REVIEWER, Role.LEAD, Role.ADMIN})
LEADS: Final = frozenset({Role.LEAD, Role.ADMIN})
ADMINS: Final = frozenset({Role.ADMIN})


class Page(NamedTuple):
    """section: what its view says it belongs to. key: id of the shortcut that opens it.

    group: pages that stand together. The first of them that somebody may open is in the rail
    always, the others while one of the group is open. Those with a key are in it always.
    """

    name: str
    title: str
    roles: frozenset[Role]
    section: str
    icon: str = ""
    key: str = ""
    group: str = ""


class Entry(NamedTuple):
    """A page as it stands in the rail, and whether it is below another one."""

    page: Page
    title: str
    below: bool


RAIL: Final = (
    Page("cases:work", "My work", EVERYBODY, "work", "work", "go-work"),
    Page("cases:inbox", "Notices", EVERYBODY, "inbox", "note", "go-inbox"),
    Page("cases:search", "Search", STAFF, "search", "search", "go-search"),
    Page("cases:queues", "Queues", EVERYBODY, "queues", "queue", "go-queues"),
    Page("cases:case-list", "Cases", EVERYBODY, "cases", "case", "go-cases", "cases"),
    Page("cases:tray", "Tray", STAFF, "tray", key="go-tray", group="cases"),
    Page("cases:bulk-jobs", "Jobs", STAFF, "jobs", group="cases"),
    Page("cases:proposals", "Proposals", STAFF, "proposals", group="cases"),
    Page("cases:views", "Saved views", STAFF, "views", "saved"),
    Page("detectors:signal-list", "Signals", EVERYBODY, "signals", "signal", "go-signals",
         "signals"),
    Page("detectors:entity-find", "Entities", EVERYBODY, "entities", key="go-entities",
         group="signals"),
    Page("detectors:source-list", "Sources", STAFF, "sources", group="signals"),
    Page("detectors:letter-list", "Dead letters", STAFF, "letters", group="signals"),
    Page("detectors:mapping-list", "Mappings", ADMINS, "mapping", group="signals"),
    Page("detectors:entity-types", "Entity types", ADMINS, "types", group="signals"),
    Page("detectors:detector-list", "Detectors", EVERYBODY, "detectors", "detector",
         "go-detectors", "detectors"),
    Page("detectors:rule-new", "New rule", LEADS, "rules", group="detectors"),
    Page("detectors:scenario-list", "Cases as tests", STAFF, "tests", group="detectors"),
    Page("cases:automations", "Automation", STAFF, "automation", group="detectors"),
    Page("cases:protected", "Protected entities", STAFF, "protected", group="detectors"),
    Page("detectors:watch-list", "Watch list", STAFF, "watch", group="detectors"),
    Page("detectors:group-list", "Declared groups", STAFF, "groups", group="detectors"),
    Page("cases:share-list", "Sharing", STAFF, "sharing", "share", "go-sharing", "sharing"),
    Page("cases:pattern-list", "Patterns", STAFF, "patterns", group="sharing"),
    Page("cases:circle-list", "Circles", STAFF, "circles", group="sharing"),
    Page("cases:partner-list", "Partners", STAFF, "partners", group="sharing"),
    Page("cases:feed-list", "Feeds", STAFF, "feeds", group="sharing"),
    Page("cases:imported-list", "Shared by others", STAFF, "imported", group="sharing"),
    Page("detectors:import-list", "Indicator imports", STAFF, "imports", group="sharing"),
    Page("cases:ledger", "Sharing ledger", LEADS, "ledger", group="sharing"),
    Page("cases:operations", "Dashboard", EVERYBODY, "dashboards", "chart", "go-dashboards"),
    Page("cases:quality", "Quality", STAFF, "quality", "check", "go-quality", "quality"),
    Page("cases:policy-list", "Policies", STAFF, "policies", group="quality"),
    Page("cases:playbooks", "Playbooks", STAFF, "playbooks", group="quality"),
    Page("cases:templates", "Message templates", STAFF, "templates", group="quality"),
    Page("cases:statements", "Statements of reasons", LEADS, "statements", group="quality"),
    Page("tokens", "Tokens", ADMINS, "settings", "settings", "go-settings", "settings"),
    Page("cases:queue-settings", "Queues and routing", ADMINS, "routing", group="settings"),
    Page("cases:shifts", "Shifts", LEADS, "shifts", "settings", group="settings"),
    Page("cases:webhooks", "Webhooks", ADMINS, "webhooks", group="settings"),
    Page("cases:masking", "Masking", ADMINS, "masking", group="settings"),
    Page("cases:retention", "Retention", ADMINS, "retention", group="settings"),
    Page("people", "People", ADMINS, "people", group="settings"),
    Page("cases:roles", "Roles", ADMINS, "roles", group="settings"),
    Page("cases:audit", "Audit", ADMINS, "audit", group="settings"),
    Page("cases:health", "Health", ADMINS, "health", group="settings"),
)  # fmt: skip
GROUPS: Final = {"settings": "Settings"}
"""What the first page of a group is called in the rail, where its own name says too little."""
PAGES: Final = (*RAIL, Page("me", "Personal settings", EVERYBODY, "me", "person", "go-personal"))


def rail_for(role: Role, section: str) -> list[Entry]:
    """The rail of somebody who is in this section."""
    mine = [page for page in RAIL if role in page.roles]
    opened = {page.group for page in mine if page.section == section} - {""}
    found: list[Entry] = []
    heads: set[str] = set()
    for page in mine:
        below = page.group in heads
        if not below or page.key or page.group in opened:
            title = page.title if below else GROUPS.get(page.group, page.title)
            found.append(Entry(page, title, below))
        heads |= {page.group} - {""}
    return found
