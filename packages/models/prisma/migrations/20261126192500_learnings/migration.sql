-- What agents learn: rules with their provenance. Only approved ones reach an agent. A projection of the log; what it was before each decision is
-- kept in the row.
CREATE TABLE "learnings" (
  "id" TEXT NOT NULL PRIMARY KEY,
  "owner_id" TEXT NOT NULL,
  "project_id" TEXT,
  "task_id" TEXT,
  "rule" TEXT NOT NULL,
  "why" TEXT NOT NULL,
  "path" TEXT,
  "source" TEXT NOT NULL,
  "author" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "times" INTEGER NOT NULL,
  "versions" JSONB NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL,
  "updated_at" TIMESTAMPTZ(3) NOT NULL
);
CREATE INDEX "learnings_owner_id_state_updated_at_idx" ON "learnings" ("owner_id", "state", "updated_at");
