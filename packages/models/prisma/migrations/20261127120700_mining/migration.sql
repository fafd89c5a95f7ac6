-- Old reviews of a project that are to be read for rules, what came of it, and where such a rule was said.
ALTER TABLE "projects" ADD COLUMN "mining" TEXT, ADD COLUMN "mined" JSONB;
ALTER TABLE "learnings" ADD COLUMN "url" TEXT;
