-- The rule that one may say again in other words, and those of which a person said that it does not.
ALTER TABLE "learnings"
  ADD COLUMN "near_to" TEXT,
  ADD COLUMN "apart" JSONB NOT NULL DEFAULT '[]';
