-- Words that were begun and not sent yet, on every device of the person. No event tells of them: they are nobody's business until they are sent.
CREATE TABLE "drafts" (
  "owner_id" TEXT NOT NULL,
  "key" TEXT NOT NULL,
  "text" TEXT NOT NULL,
  "about" JSONB,
  "revision" INTEGER NOT NULL,
  "updated_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "drafts_pkey" PRIMARY KEY ("owner_id", "key"),
  CONSTRAINT "drafts_revision_check" CHECK ("revision" > 0)
);
