-- Prompts that are saved under a name, with parameters.
CREATE TABLE "skills" (
  "id" TEXT NOT NULL,
  "owner_id" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "prompt" TEXT NOT NULL,
  "parameters" JSONB NOT NULL DEFAULT '[]',
  "project_id" TEXT,
  "model" TEXT,
  "budget_cents" INTEGER,
  "skip_plan" BOOLEAN NOT NULL DEFAULT false,
  "updated_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "skills_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "skills_owner_id_name_key" ON "skills"("owner_id", "name");
