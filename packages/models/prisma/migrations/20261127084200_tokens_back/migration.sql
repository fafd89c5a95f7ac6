-- A token that was taken back opens nothing, and for a minute whoever took it back may have it back.
ALTER TABLE "api_tokens" ADD COLUMN "revoked_at" TIMESTAMPTZ(3);
