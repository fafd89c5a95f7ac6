-- A rule that every agent is told, whatever it is about to do.
ALTER TABLE "learnings" ADD COLUMN "always" BOOLEAN NOT NULL DEFAULT false;
