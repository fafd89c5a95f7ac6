-- What an item cost the person, and whether it was needed; what models cost, by day, project and model.
ALTER TABLE "inbox_items"
  ADD COLUMN "shown_at" TIMESTAMPTZ(3),
  ADD COLUMN "opened_at" TIMESTAMPTZ(3),
  ADD COLUMN "taps" INTEGER,
  ADD COLUMN "attention_ms" INTEGER,
  ADD COLUMN "multiple" BOOLEAN NOT NULL DEFAULT false,
  ADD COLUMN "not_needed" BOOLEAN NOT NULL DEFAULT false;

CREATE TABLE "cost_days" (
    "owner_id" TEXT NOT NULL,
    "day" DATE NOT NULL,
    "project_id" TEXT NOT NULL,
    "model" TEXT NOT NULL,
    "microusd" BIGINT NOT NULL,
    "input_tokens" BIGINT NOT NULL,
    "output_tokens" BIGINT NOT NULL,
    CONSTRAINT "cost_days_pkey" PRIMARY KEY ("owner_id", "day", "project_id", "model")
);
INSERT INTO "cost_days" ("owner_id", "day", "project_id", "model", "microusd", "input_tokens", "output_tokens")
SELECT e."owner_id", (e."at" AT TIME ZONE 'UTC')::date, coalesce(t."project_id", ''), e."payload"->>'model',
       sum((e."payload"->>'microusd')::bigint), sum((e."payload"->>'inputTokens')::bigint), sum((e."payload"->>'outputTokens')::bigint)
  FROM "events" e LEFT JOIN "tasks" t ON t."id" = e."task_id"
 WHERE e."type" = 'cost.metered'
 GROUP BY 1, 2, 3, 4;

DO $$
BEGIN
  GRANT SELECT ON "cost_days" TO mainloop_web;
  GRANT SELECT, INSERT, UPDATE ON "cost_days" TO mainloop_gateway;
EXCEPTION WHEN insufficient_privilege OR undefined_object THEN
  RAISE NOTICE 'mainloop: this server does not let us grant rights';
END $$;
