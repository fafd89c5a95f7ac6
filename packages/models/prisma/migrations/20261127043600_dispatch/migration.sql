-- In which order tasks get their agents: how urgent each is, and which others have to end before it.
ALTER TABLE "tasks" ADD COLUMN "priority" TEXT NOT NULL DEFAULT 'normal';
ALTER TABLE "tasks" ADD COLUMN "blocked_by" TEXT[] DEFAULT ARRAY[]::TEXT[];
ALTER TABLE "proposals" ADD COLUMN "priority" TEXT NOT NULL DEFAULT 'normal';
ALTER TABLE "proposals" ADD COLUMN "blocked_by" TEXT[] DEFAULT ARRAY[]::TEXT[];
