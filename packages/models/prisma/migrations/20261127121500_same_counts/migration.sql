-- What a rule counts for the one that it is the same as, so that it can be taken back.
ALTER TABLE "learnings" ADD COLUMN "counts_for" JSONB;
