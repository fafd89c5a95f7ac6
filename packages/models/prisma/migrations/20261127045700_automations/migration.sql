-- Automations, how often each came, and what each remembers between two events.
CREATE TABLE "automations" (
  "id" TEXT NOT NULL,
  "owner_id" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "rule" JSONB NOT NULL,
  "version" INTEGER NOT NULL,
  "since_seq" BIGINT NOT NULL,
  "paused" BOOLEAN NOT NULL DEFAULT false,
  "problem" TEXT NOT NULL DEFAULT '',
  "updated_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "automations_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "automations_owner_id_name_key" ON "automations"("owner_id", "name");
CREATE TABLE "automation_firings" (
  "automation_id" TEXT NOT NULL,
  "version" INTEGER NOT NULL,
  "seq" BIGINT NOT NULL,
  "due_at" TIMESTAMPTZ(3) NOT NULL,
  "state" TEXT NOT NULL,
  "says" TEXT NOT NULL DEFAULT '',
  CONSTRAINT "automation_firings_pkey" PRIMARY KEY ("automation_id", "version", "seq")
);
CREATE TABLE "automation_memories" (
  "automation_id" TEXT NOT NULL,
  "version" INTEGER NOT NULL,
  "memory" JSONB NOT NULL,
  CONSTRAINT "automation_memories_pkey" PRIMARY KEY ("automation_id")
);
