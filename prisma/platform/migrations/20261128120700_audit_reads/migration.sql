-- What an operator asks the audit for besides actor and target. Most entries are OK, and nobody looks for those by it.
CREATE INDEX "audit_entry_action_idx" ON "platform"."audit_entry" ("action", "id");
CREATE INDEX "audit_entry_outcome_idx" ON "platform"."audit_entry" ("outcome", "id") WHERE "outcome" <> 'OK';
