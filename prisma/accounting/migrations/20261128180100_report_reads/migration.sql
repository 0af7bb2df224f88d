-- Reports read by time: the journal by its recorded times (20261121070000_as_of), metered use by when it began. Use is reported
-- about in that order, so that a summary of every few pages tells as much as an entry for every record, and costs the streams of
-- usage next to nothing.
CREATE INDEX "usage_record_starts" ON "usage_record" USING brin ("starts_at") WITH (pages_per_range = 16, autosummarize = on);
