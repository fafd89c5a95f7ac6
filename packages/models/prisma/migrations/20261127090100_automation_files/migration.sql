-- Rules that stand in repositories, as they were read, and which of them was approved.
CREATE TABLE "automation_files" (
  "project_id" TEXT NOT NULL,
  "path" TEXT NOT NULL,
  "owner_id" TEXT NOT NULL,
  "digest" TEXT NOT NULL,
  "rule" JSONB,
  "problem" TEXT NOT NULL DEFAULT '',
  "automation_id" TEXT,
  "approved" TEXT,
  "read_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "automation_files_pkey" PRIMARY KEY ("project_id", "path")
);
