-- Skills that come by themselves, and what became of each time.
CREATE TABLE "recurring" (
  "id" TEXT NOT NULL,
  "owner_id" TEXT NOT NULL,
  "skill" TEXT NOT NULL,
  "given" JSONB NOT NULL DEFAULT '{}',
  "project_id" TEXT,
  "cron" TEXT NOT NULL,
  "zone" TEXT NOT NULL,
  "start_cents" INTEGER,
  "paused" BOOLEAN NOT NULL DEFAULT false,
  "since" TIMESTAMPTZ(3) NOT NULL,
  "alarm" TEXT NOT NULL DEFAULT '',
  "updated_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "recurring_pkey" PRIMARY KEY ("id")
);
CREATE TABLE "recurring_times" (
  "recurring_id" TEXT NOT NULL,
  "due_at" TIMESTAMPTZ(3) NOT NULL,
  "came_at" TIMESTAMPTZ(3) NOT NULL,
  "outcome" TEXT NOT NULL,
  "proposal_id" TEXT,
  "sentence" TEXT NOT NULL DEFAULT '',
  CONSTRAINT "recurring_times_pkey" PRIMARY KEY ("recurring_id", "due_at")
);
