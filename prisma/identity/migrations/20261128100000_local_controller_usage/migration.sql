-- Installations that were begun before the local controller could report usage: it may, of its own cluster as all it does.
UPDATE "service_account" SET "scopes" = "scopes" || 'accounting:usage'::text
WHERE "id" = 'svc_00000000000000000000000001' AND NOT 'accounting:usage' = ANY ("scopes");
