-- Two tasks whose changes will conflict, a row for each side; and what mainloop itself tells an agent of.
CREATE TABLE "collisions" (
  "task_id" TEXT NOT NULL,
  "other_id" TEXT NOT NULL,
  "owner_id" TEXT NOT NULL,
  "files" JSONB NOT NULL,
  "more" INTEGER NOT NULL,
  "since" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "collisions_pkey" PRIMARY KEY ("task_id", "other_id")
);

ALTER TABLE "run_commands" ADD COLUMN "about" TEXT;
