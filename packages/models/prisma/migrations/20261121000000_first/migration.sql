-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateTable
CREATE TABLE "events" (
    "seq" BIGSERIAL NOT NULL,
    "owner_id" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "task_id" TEXT,
    "actor" TEXT NOT NULL,
    "payload" JSONB NOT NULL,
    "dedupe_key" TEXT,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "events_pkey" PRIMARY KEY ("seq")
);

-- CreateTable
CREATE TABLE "outbox" (
    "id" BIGSERIAL NOT NULL,
    "kind" TEXT NOT NULL,
    "workflow_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "payload" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "sent_at" TIMESTAMPTZ(3),
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "next_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "error" TEXT,

    CONSTRAINT "outbox_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "projects" (
    "id" TEXT NOT NULL,
    "owner_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "repo" TEXT NOT NULL,
    "default_branch" TEXT NOT NULL,
    "remote_url" TEXT NOT NULL,
    "local_path" TEXT,
    "settings" JSONB NOT NULL DEFAULT '{}',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "projects_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "messages" (
    "id" TEXT NOT NULL,
    "owner_id" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "text" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "turn_id" TEXT,
    "seq" BIGINT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "messages_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "turns" (
    "id" TEXT NOT NULL,
    "owner_id" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "lease_by" TEXT,
    "lease_until" TIMESTAMPTZ(3),
    "draft" TEXT NOT NULL DEFAULT '',
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "turns_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "proposals" (
    "id" TEXT NOT NULL,
    "owner_id" TEXT NOT NULL,
    "turn_id" TEXT,
    "project_id" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "prompt" TEXT NOT NULL,
    "model" TEXT NOT NULL,
    "budget_cents" INTEGER NOT NULL,
    "skip_plan" BOOLEAN NOT NULL DEFAULT false,
    "state" TEXT NOT NULL,
    "digest" TEXT NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "task_id" TEXT,
    "seq" BIGINT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "proposals_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "tasks" (
    "id" TEXT NOT NULL,
    "owner_id" TEXT NOT NULL,
    "project_id" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "prompt" TEXT NOT NULL,
    "model" TEXT NOT NULL,
    "budget_cents" INTEGER NOT NULL,
    "skip_plan" BOOLEAN NOT NULL,
    "state" TEXT NOT NULL,
    "phase" TEXT NOT NULL,
    "status_line" TEXT NOT NULL DEFAULT '',
    "issue_number" INTEGER,
    "issue_url" TEXT,
    "pr_number" INTEGER,
    "pr_url" TEXT,
    "branch" TEXT NOT NULL,
    "head_sha" TEXT,
    "plan" TEXT,
    "plan_revision" INTEGER NOT NULL DEFAULT 0,
    "failure" JSONB,
    "ci" JSONB,
    "cost_microusd" BIGINT NOT NULL DEFAULT 0,
    "turns" INTEGER NOT NULL DEFAULT 0,
    "active_run_id" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "tasks_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "inbox_items" (
    "id" TEXT NOT NULL,
    "owner_id" TEXT NOT NULL,
    "task_id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "body" TEXT NOT NULL,
    "options" JSONB NOT NULL DEFAULT '[]',
    "state" TEXT NOT NULL,
    "answer" JSONB,
    "answered_via" TEXT,
    "answered_by" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "answered_at" TIMESTAMPTZ(3),

    CONSTRAINT "inbox_items_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "runs" (
    "id" TEXT NOT NULL,
    "owner_id" TEXT NOT NULL,
    "task_id" TEXT NOT NULL,
    "phase" TEXT NOT NULL,
    "n" INTEGER NOT NULL,
    "state" TEXT NOT NULL,
    "epoch" INTEGER NOT NULL DEFAULT 0,
    "token_hash" TEXT,
    "session_id" TEXT NOT NULL,
    "resume" BOOLEAN NOT NULL DEFAULT false,
    "prompt" TEXT NOT NULL,
    "model" TEXT NOT NULL,
    "budget_microusd" BIGINT NOT NULL,
    "cost_microusd" BIGINT NOT NULL DEFAULT 0,
    "outcome" JSONB,
    "lease_until" TIMESTAMPTZ(3),
    "output_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "started_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "runs_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "run_output" (
    "run_id" TEXT NOT NULL,
    "offset" BIGINT NOT NULL,
    "chunk" BYTEA NOT NULL,

    CONSTRAINT "run_output_pkey" PRIMARY KEY ("run_id","offset")
);

-- CreateTable
CREATE TABLE "run_commands" (
    "id" BIGSERIAL NOT NULL,
    "run_id" TEXT NOT NULL,
    "payload" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "run_commands_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "checkpoints" (
    "task_id" TEXT NOT NULL,
    "run_id" TEXT NOT NULL,
    "epoch" INTEGER NOT NULL,
    "data" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "checkpoints_pkey" PRIMARY KEY ("task_id")
);

-- CreateTable
CREATE TABLE "pushes" (
    "id" TEXT NOT NULL,
    "owner_id" TEXT NOT NULL,
    "task_id" TEXT NOT NULL,
    "run_id" TEXT NOT NULL,
    "branch" TEXT NOT NULL,
    "old_sha" TEXT NOT NULL,
    "new_sha" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "flags" JSONB NOT NULL DEFAULT '[]',
    "diff" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "pushes_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "forge_effects" (
    "key" TEXT NOT NULL,
    "task_id" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "result" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "forge_effects_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "webhook_deliveries" (
    "id" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "webhook_deliveries_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "settings" (
    "owner_id" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "value" JSONB NOT NULL,

    CONSTRAINT "settings_pkey" PRIMARY KEY ("owner_id","key")
);

-- CreateIndex
CREATE UNIQUE INDEX "events_dedupe_key_key" ON "events"("dedupe_key");

-- CreateIndex
CREATE INDEX "events_task_id_seq_idx" ON "events"("task_id", "seq");

-- CreateIndex
CREATE UNIQUE INDEX "projects_owner_id_repo_key" ON "projects"("owner_id", "repo");

-- CreateIndex
CREATE INDEX "messages_owner_id_seq_idx" ON "messages"("owner_id", "seq");

-- CreateIndex
CREATE INDEX "tasks_owner_id_state_updated_at_idx" ON "tasks"("owner_id", "state", "updated_at");

-- CreateIndex
CREATE INDEX "inbox_items_owner_id_state_created_at_idx" ON "inbox_items"("owner_id", "state", "created_at");

-- CreateIndex
CREATE INDEX "inbox_items_task_id_idx" ON "inbox_items"("task_id");

-- CreateIndex
CREATE UNIQUE INDEX "runs_token_hash_key" ON "runs"("token_hash");

-- CreateIndex
CREATE INDEX "runs_state_idx" ON "runs"("state");

-- CreateIndex
CREATE UNIQUE INDEX "runs_task_id_n_key" ON "runs"("task_id", "n");

-- CreateIndex
CREATE INDEX "run_commands_run_id_id_idx" ON "run_commands"("run_id", "id");

-- CreateIndex
CREATE INDEX "pushes_task_id_created_at_idx" ON "pushes"("task_id", "created_at");

-- What the schema language cannot say ------------------------------------------------------------

-- The relay reads only what is unsent; the rest of the outbox is history.
CREATE INDEX "outbox_unsent" ON "outbox" ("next_at") WHERE "sent_at" IS NULL;
CREATE INDEX "runs_active" ON "runs" ("created_at") WHERE "state" <> 'ended';
CREATE INDEX "inbox_open" ON "inbox_items" ("owner_id", "created_at") WHERE "state" = 'open';
CREATE INDEX "events_owner_seq" ON "events" ("owner_id", "seq");

-- The log is append-only for everybody, the owner of the table included. TRUNCATE stays possible for test fixtures.
CREATE FUNCTION mainloop_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'events are append-only';
END $$;
CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE ON "events"
  FOR EACH ROW EXECUTE FUNCTION mainloop_refuse_change();

-- Roles: web reads; the gateway writes only runs, output, checkpoints, pushes and events with their projections.
-- Under a foreign server that does not let us make roles the migration goes on, and doctor says so.
DO $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'mainloop_web') THEN
    CREATE ROLE mainloop_web LOGIN;
  END IF;
  IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'mainloop_gateway') THEN
    CREATE ROLE mainloop_gateway LOGIN;
  END IF;
  GRANT USAGE ON SCHEMA public TO mainloop_web, mainloop_gateway;
  GRANT SELECT ON ALL TABLES IN SCHEMA public TO mainloop_web;
  ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO mainloop_web;
  GRANT SELECT ON "projects", "tasks", "inbox_items", "settings", "messages", "proposals", "turns" TO mainloop_gateway;
  GRANT SELECT, INSERT ON "events", "outbox" TO mainloop_gateway;
  GRANT SELECT, INSERT, UPDATE ON "runs", "run_output", "checkpoints", "pushes" TO mainloop_gateway;
  GRANT SELECT ON "run_commands" TO mainloop_gateway;
  -- Projections are written in the append's own transaction, whoever appends.
  GRANT INSERT, UPDATE ON "tasks", "inbox_items", "messages" TO mainloop_gateway;
  GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO mainloop_gateway;
EXCEPTION WHEN insufficient_privilege THEN
  RAISE NOTICE 'mainloop: this server does not let us create roles';
END $$;
