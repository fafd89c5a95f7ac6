-- Comments on the lines of a change, made in the app or on GitHub, and what the agent answered.
CREATE TABLE "review_comments" (
    "id" TEXT NOT NULL,
    "owner_id" TEXT NOT NULL,
    "task_id" TEXT NOT NULL,
    "path" TEXT,
    "side" TEXT NOT NULL,
    "start_line" INTEGER,
    "line" INTEGER,
    "sha" TEXT,
    "quote" TEXT NOT NULL,
    "body" TEXT NOT NULL,
    "author" TEXT NOT NULL,
    "via" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "answer" TEXT,
    "answered_at" TIMESTAMPTZ(3),
    "forge_id" BIGINT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "review_comments_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "review_comments_task_id_created_at_idx" ON "review_comments" ("task_id", "created_at");

-- What this push changed, beside the whole change against the base; and the push the person has looked at last.
ALTER TABLE "pushes" ADD COLUMN "delta" TEXT NOT NULL DEFAULT '';
ALTER TABLE "tasks" ADD COLUMN "looked_push" TEXT;

DO $$
BEGIN
  GRANT SELECT ON "review_comments" TO mainloop_web;
  GRANT SELECT, INSERT, UPDATE ON "review_comments" TO mainloop_gateway;
EXCEPTION WHEN insufficient_privilege OR undefined_object THEN
  RAISE NOTICE 'mainloop: this server does not let us grant rights';
END $$;
