-- How many runs were given a rule and how many named it, since a person decided on it last.
ALTER TABLE "learnings"
  ADD COLUMN "given" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "cited" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "last_given" TEXT,
  ADD COLUMN "last_cited" TEXT;
