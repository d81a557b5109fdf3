"""One set of settings for all environments; `abusedesk.env` decides what differs."""

from __future__ import annotations

from abusedesk.settings.base import *
from abusedesk.settings.celery import *
from abusedesk.settings.database import *
from abusedesk.settings.logging import *
from abusedesk.settings.mail import *
from abusedesk.settings.rest import *
from abusedesk.settings.security import *
