-- What there is to ask for in a repository, as it was seen when it was added.
ALTER TABLE "projects" ADD COLUMN "suggestions" JSONB NOT NULL DEFAULT '[]';
