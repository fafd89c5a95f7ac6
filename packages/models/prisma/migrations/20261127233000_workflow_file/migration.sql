-- What WORKFLOW.md of the default branch says, as it was read last, and what was wrong with a newer one.
ALTER TABLE "projects" ADD COLUMN "workflow" JSONB;
