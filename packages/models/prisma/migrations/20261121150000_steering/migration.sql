-- What is said to a running agent is kept for the task, not for one run: a run that ended in that moment leaves it to the next.
ALTER TABLE "run_commands" ADD COLUMN "task_id" TEXT, ADD COLUMN "delivered_at" TIMESTAMPTZ(3);
CREATE INDEX "run_commands_unheard" ON "run_commands" ("task_id", "id") WHERE "delivered_at" IS NULL AND "task_id" IS NOT NULL;

-- The gateway answers a permission request by a rule, and notes what was delivered.
DO $$
BEGIN
  GRANT INSERT, UPDATE ON "run_commands" TO mainloop_gateway;
  GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO mainloop_gateway;
EXCEPTION WHEN insufficient_privilege OR undefined_object THEN
  RAISE NOTICE 'mainloop: this server does not let us grant rights';
END $$;
