"""The database itself refuses to change what the audit chain says."""

from __future__ import annotations

from django.db import migrations

GUARD = """
CREATE FUNCTION core_audit_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit chain is append-only: % refused', TG_OP
        USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_guard_rows BEFORE UPDATE OR DELETE ON core_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION core_audit_guard();
CREATE TRIGGER audit_guard_table BEFORE TRUNCATE ON core_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION core_audit_guard();
"""
UNGUARD = """
DROP TRIGGER audit_guard_table ON core_auditentry;
DROP TRIGGER audit_guard_rows ON core_auditentry;
DROP FUNCTION core_audit_guard();
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0002_pgmq")]

    operations = [migrations.RunSQL(GUARD, UNGUARD)]
