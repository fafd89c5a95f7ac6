-- The diff of a held change leaves the words about it, and whether it may be allowed is no option's name any more. The upcast of the
-- event `inbox.opened` says the same of the log.
ALTER TABLE "inbox_items" ADD COLUMN "held" JSONB;

UPDATE "inbox_items" AS i
  SET body = left(i.body, f.at - 1),
    held = jsonb_build_object('diff', left(f.rest, greatest(0, length(f.rest) - length(f.fence) - 1)), 'mayAllow', i.options @> '[{"label": "Allow"}]')
  FROM (
    SELECT id, fence, at, substr(body, at + length(fence) + 7) AS rest
    FROM (
      SELECT id, body, fence, position(E'\n\n' || fence || E'diff\n' IN body) AS at
      FROM (SELECT id, body, (regexp_match(body, E'\n\n(`{3,})diff\n'))[1] AS fence FROM "inbox_items" WHERE kind = 'ci_files') AS fenced
      WHERE fence IS NOT NULL
    ) AS placed
  ) AS f
  WHERE i.id = f.id;
