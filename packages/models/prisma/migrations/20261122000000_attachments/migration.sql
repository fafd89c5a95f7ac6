-- Files and photographs that came with a message; whoever works on it gets them. A proposal may also be words for a running task.
CREATE TABLE "attachments" (
    "id" TEXT NOT NULL,
    "owner_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "mime" TEXT NOT NULL,
    "size" INTEGER NOT NULL,
    "data" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "attachments_pkey" PRIMARY KEY ("id")
);
ALTER TABLE "messages" ADD COLUMN "attachments" JSONB NOT NULL DEFAULT '[]';
ALTER TABLE "proposals" ADD COLUMN "attachments" JSONB NOT NULL DEFAULT '[]', ADD COLUMN "to_task_id" TEXT;
ALTER TABLE "tasks" ADD COLUMN "attachments" JSONB NOT NULL DEFAULT '[]';

DO $$
BEGIN
  REVOKE ALL ON "attachments" FROM mainloop_web;
  GRANT SELECT ON "attachments" TO mainloop_gateway;
EXCEPTION WHEN insufficient_privilege OR undefined_object THEN
  RAISE NOTICE 'mainloop: this server does not let us change rights';
END $$;
