-- Who said what stands on each line of a summary, so that one level up an agent's words do not count as the user's.
-- Older summaries have none: their lines are nobody's words until they are written anew.
ALTER TABLE "summaries" ADD COLUMN "said_by" JSONB;
