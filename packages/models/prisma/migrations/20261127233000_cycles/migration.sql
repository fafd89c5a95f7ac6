-- Cycles that had something to tell.
CREATE TABLE "cycles" (
  "id" TEXT NOT NULL,
  "owner_id" TEXT NOT NULL,
  "started_at" TIMESTAMPTZ(3) NOT NULL,
  "ended_at" TIMESTAMPTZ(3) NOT NULL,
  "reason" TEXT NOT NULL,
  "missed" INTEGER NOT NULL,
  "quiet_before" INTEGER NOT NULL,
  "phases" JSONB NOT NULL,
  "said" TEXT[],
  CONSTRAINT "cycles_pkey" PRIMARY KEY ("id")
);

CREATE INDEX "cycles_owner_id_ended_at_idx" ON "cycles" ("owner_id", "ended_at");
