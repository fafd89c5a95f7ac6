-- Who may call what acts with the rights of the tables' owner. It was open to PUBLIC and refused three roles by their names; now it is closed
-- to everybody whom the table of rights does not name (applied after the migrations), and it looks nothing up where a caller can write:
-- a schema for temporary tables that is not named comes first, and a table there has triggers of its owner's.
CREATE OR REPLACE FUNCTION forget_words(owner TEXT, ids TEXT[]) RETURNS INTEGER LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE touched INTEGER;
BEGIN
  UPDATE events SET payload = (payload - 'attachments') || '{"text": ""}'
    WHERE owner_id = owner AND type = 'message.said' AND payload->>'id' = ANY(ids);
  GET DIAGNOSTICS touched = ROW_COUNT;
  UPDATE turns SET draft = '' WHERE owner_id = owner AND (id = ANY(SELECT substr(i, 3) FROM unnest(ids) i) OR id = ANY(SELECT 'turn-' || i FROM unnest(ids) i));
  RETURN touched;
END $$;
REVOKE ALL ON FUNCTION forget_words(TEXT, TEXT[]) FROM PUBLIC;
