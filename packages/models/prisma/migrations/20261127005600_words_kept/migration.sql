-- The words of a message are kept beside it. An index over an expression made Postgres cut a message into words again each time it looked at one, so a word
-- that one message in fifty holds took seconds among a million. Without places, which nothing asks for, it is half as long.
-- Nobody can read or write messages while this goes on; docs/operations.md says how long that is.
ALTER TABLE "messages" ADD COLUMN "words" tsvector GENERATED ALWAYS AS (strip(words_of("text"))) STORED;
DROP INDEX "messages_words_idx";
CREATE INDEX "messages_words_idx" ON "messages" USING gin ("words");
-- How far the summaries tell is asked with every message.
CREATE INDEX "summaries_owner_id_last_seq_idx" ON "summaries"("owner_id", "last_seq");
