-- What the serving role may do, and closed sets of values. __APP_ROLE__ stands for that role.
GRANT SELECT, INSERT, UPDATE ("undone_at") ON "allocation_extension" TO __APP_ROLE__;
ALTER TABLE "allocation" ADD CONSTRAINT "allocation_basis_known" CHECK ("basis" IN ('CORE_HOUR', 'GPU_HOUR', 'MEMORY_GIB_HOUR'));
ALTER TABLE "job" ADD CONSTRAINT "job_basis_known" CHECK ("basis" IN ('CORE_HOUR', 'GPU_HOUR', 'MEMORY_GIB_HOUR'));
