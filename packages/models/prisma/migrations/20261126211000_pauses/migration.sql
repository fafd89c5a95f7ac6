-- While a row is there, no agent of its owner works and none is started: one switch pauses everything.
CREATE TABLE "pauses" (
  "owner_id" TEXT NOT NULL,
  "since" TIMESTAMPTZ(3) NOT NULL,
  "via" TEXT NOT NULL,
  CONSTRAINT "pauses_pkey" PRIMARY KEY ("owner_id")
);
