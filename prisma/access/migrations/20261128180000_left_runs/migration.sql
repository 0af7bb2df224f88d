-- Those that a process runs, by when its lease ends: every replica asks each second whether one has ended.
CREATE INDEX "saga_run_leased_until_idx" ON "saga_run" ("leased_until") WHERE "runner" IS NOT NULL;
