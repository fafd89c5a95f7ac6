-- What was said is found by its words, however long ago. Words are kept both as they stand (names, paths, other languages) and by their English
-- stem. An index over an expression, because a column of this type is one that no client of ours knows.
CREATE FUNCTION words_of(said TEXT) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  RETURN pg_catalog.to_tsvector('pg_catalog.simple', said) || pg_catalog.to_tsvector('pg_catalog.english', said);
EXCEPTION WHEN program_limit_exceeded THEN
  -- A million bytes of different words: the message is kept whole, and its beginning is found.
  RETURN pg_catalog.to_tsvector('pg_catalog.simple', pg_catalog.left(said, 20000));
END $$;
CREATE INDEX "messages_words_idx" ON "messages" USING gin (words_of("text"));
