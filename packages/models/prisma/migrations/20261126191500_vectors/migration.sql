-- What was said is found by what it means, too. A vector of 384 bytes for each message and model, and one bit of each number of it beside, which is
-- what the api keeps in memory. They can be made again at any time, so they are no projection, and they go with their message.
CREATE TABLE "message_vectors" (
  "message_id" TEXT NOT NULL REFERENCES "messages" ("id") ON DELETE CASCADE,
  "model" TEXT NOT NULL,
  "owner_id" TEXT NOT NULL,
  "no" BIGSERIAL NOT NULL,
  "at" TIMESTAMPTZ(3) NOT NULL,
  "signature" BYTEA NOT NULL,
  "vector" BYTEA NOT NULL,
  PRIMARY KEY ("message_id", "model")
);
CREATE INDEX "message_vectors_owner_id_model_no_idx" ON "message_vectors" ("owner_id", "model", "no");
-- A day of two years ago is opened without reading what lies between.
CREATE INDEX "messages_owner_id_at_idx" ON "messages" ("owner_id", "at");
