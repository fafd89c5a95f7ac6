-- Several projects may share a repository, each with a folder of its own. What was set as a folder so far is part of the name now; a folder of
-- this machine is a repository by itself, and stays as it is.
ALTER TABLE "projects" ADD COLUMN "folder" TEXT NOT NULL DEFAULT '';
UPDATE "projects" SET "folder" = "settings"->>'folder', "name" = "repo" || '/' || ("settings"->>'folder')
  WHERE "local_path" IS NULL AND jsonb_typeof("settings") = 'object' AND jsonb_typeof("settings"->'folder') = 'string' AND "settings"->>'folder' <> '';
CREATE UNIQUE INDEX "projects_owner_id_repo_folder_key" ON "projects"("owner_id", "repo", "folder");
DROP INDEX "projects_owner_id_repo_key";
