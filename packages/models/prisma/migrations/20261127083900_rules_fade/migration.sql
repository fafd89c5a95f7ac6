-- What a rule stands on: files that are like its pattern, and the comments on the forge that said it. Where it is gone,
-- agents are not given the rule.
ALTER TABLE "learnings"
  ADD COLUMN "files" TEXT,
  ADD COLUMN "comments" TEXT,
  ADD COLUMN "said_in" JSONB NOT NULL DEFAULT '[]';
-- Of rules from before nobody knows which comments said them.
UPDATE "learnings" SET "said_in" = to_jsonb(array_fill(NULL::text, ARRAY["times"])) WHERE "times" > 0;
