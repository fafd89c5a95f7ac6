-- The long memory of the conversation: summaries by level, what the person asked to remember, and forgetting for good.
CREATE TABLE "summaries" (
    "id" TEXT NOT NULL,
    "owner_id" TEXT NOT NULL,
    "level" TEXT NOT NULL,
    "label" TEXT NOT NULL,
    "from_at" TIMESTAMPTZ(3) NOT NULL,
    "to_at" TIMESTAMPTZ(3) NOT NULL,
    "first_seq" BIGINT NOT NULL,
    "last_seq" BIGINT NOT NULL,
    "sources" TEXT[],
    "source_hash" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "text" TEXT NOT NULL,
    "written_by" TEXT NOT NULL,
    "tokens" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "replaced_at" TIMESTAMPTZ(3),
    CONSTRAINT "summaries_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "summaries_owner_id_level_label_source_hash_version_key" ON "summaries"("owner_id", "level", "label", "source_hash", "version");
CREATE INDEX "summaries_owner_id_from_at_idx" ON "summaries"("owner_id", "from_at");

CREATE TABLE "summary_answers" (
    "owner_id" TEXT NOT NULL,
    "level" TEXT NOT NULL,
    "label" TEXT NOT NULL,
    "source_hash" TEXT NOT NULL,
    "attempt" INTEGER NOT NULL,
    "text" TEXT,
    "lease_until" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "summary_answers_pkey" PRIMARY KEY ("owner_id", "level", "label", "source_hash", "attempt")
);

CREATE TABLE "pins" (
    "id" TEXT NOT NULL,
    "owner_id" TEXT NOT NULL,
    "text" TEXT NOT NULL,
    "message_id" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "pins_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "pins_owner_id_created_at_idx" ON "pins"("owner_id", "created_at");

-- The log stays append-only, with one change that it lets through: the words and files of a message become nothing, and all else stays as it was.
CREATE OR REPLACE FUNCTION mainloop_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE forgotten events%ROWTYPE;
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.type = 'message.said' THEN
    forgotten := OLD;
    forgotten.payload := (OLD.payload - 'attachments') || '{"text": ""}';
    IF NEW IS NOT DISTINCT FROM forgotten THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'events are append-only';
END $$;

-- Takes the words of messages out of the log for good. No role may change an event; this changes nothing but that, and only for the api.
CREATE FUNCTION forget_words(owner TEXT, ids TEXT[]) RETURNS INTEGER LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE touched INTEGER;
BEGIN
  IF session_user IN ('mainloop_gateway', 'mainloop_web', 'mainloop_worker') THEN
    RAISE insufficient_privilege USING MESSAGE = 'only the api forgets';
  END IF;
  UPDATE events SET payload = (payload - 'attachments') || '{"text": ""}'
    WHERE owner_id = owner AND type = 'message.said' AND payload->>'id' = ANY(ids);
  GET DIAGNOSTICS touched = ROW_COUNT;
  UPDATE turns SET draft = '' WHERE owner_id = owner AND (id = ANY(SELECT substr(i, 3) FROM unnest(ids) i) OR id = ANY(SELECT 'turn-' || i FROM unnest(ids) i));
  RETURN touched;
END $$;
