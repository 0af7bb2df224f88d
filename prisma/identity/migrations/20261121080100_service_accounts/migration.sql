-- Service accounts are disabled by operators; nobody enables one again.
GRANT UPDATE ("disabled_at") ON "service_account" TO __APP_ROLE__;
