-- When a project was taken off the list. Its row stays, for its tasks and for what they cost.
ALTER TABLE "projects" ADD COLUMN "removed_at" TIMESTAMPTZ(3);
