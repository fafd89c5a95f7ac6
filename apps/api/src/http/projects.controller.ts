import { Body, Controller, Get, HttpCode, Inject, Param, Patch, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { AddProject, DEFAULTS, InitRepo, ProjectSettings, Settings } from '@mainloop/models/contracts/http';
import { append, freshId, lastSeq, toOutbox } from '@mainloop/models/db/log';
import { wasSent } from '@mainloop/models/db/outbox';
import { withTx, type Db } from '@mainloop/models/db/pool';
import { findProject, hasProject, listProjects, type ProjectRow } from '@mainloop/models/db/projects';
import { propose } from '@mainloop/models/db/proposals';
import { getSettings, resolveProjectSettings, saveSettings, settingsChanged, type OwnerSettings } from '@mainloop/models/db/settings';
import type { LoggedEvent } from '@mainloop/models/events/registry';
import type { Look } from '@mainloop/models/flow/folders';
import { OWNER } from '@mainloop/models/flow/ids';
import { templateTask } from '@mainloop/models/flow/template';
import { PROJECT_WORKFLOW, type ProjectWorkflowInput } from '@mainloop/models/flow/workflow';
import type { Hub } from '../stream/hub.ts';
import { DB, HUB } from '../tokens.ts';
import { refuse } from './refuse.ts';

const WAIT_MS = 60_000;

type Settled = LoggedEvent<'project.added' | 'project.refused'>;
const isAbout = (e: LoggedEvent, projectId: string): e is Settled =>
  (e.type === 'project.added' || e.type === 'project.refused') && e.payload.id === projectId;

/** `look` is what adding a folder came to; null for a repository of GitHub. */
type AddedProject = ProjectRow & { readonly look: Look | null };

@ApiTags('projects')
@Controller('api')
export class ProjectsController {
  private readonly db: Db;
  private readonly hub: Hub;
  constructor(@Inject(DB) db: Db, @Inject(HUB) hub: Hub) {
    this.db = db;
    this.hub = hub;
  }

  @Get('projects')
  @ApiOperation({ summary: 'Projects' })
  projects(): Promise<ProjectRow[]> {
    return listProjects(this.db, OWNER);
  }

  @Post('projects')
  @ApiOperation({ summary: 'Add a GitHub repository (owner/name) or a git folder of this machine' })
  async add(@Body({ schema: AddProject }) body: AddProject): Promise<AddedProject | undefined> {
    const projectId = `pr-${freshId()}`;
    const input: ProjectWorkflowInput = { ownerId: OWNER, projectId, source: body.source };
    const from = await lastSeq(this.db, OWNER);
    await withTx(this.db, (tx) => toOutbox(tx, { kind: 'start', workflowId: `project/${projectId}`, name: PROJECT_WORKFLOW, payload: input }));
    const said = await this.hub.waitFor(from, (e) => (isAbout(e, projectId) ? e : null), WAIT_MS);
    if (said?.type === 'project.refused') throw refuse('project_refused', said.payload.sentence);
    // Adding what is there already gives the project that is there.
    if (said !== null) {
      const project = (await this.projects()).find((p) => p.repo === said.payload.repo);
      return project && { ...project, look: said.payload.look ?? null };
    }
    if (await wasSent(this.db, `project/${projectId}`)) throw refuse('project_slow');
    throw refuse('worker_silent');
  }

  @Post('projects/:id/init')
  @ApiOperation({ summary: 'Propose checks and previews for a repository: a card, as if it had been asked for in the chat' })
  async init(@Param('id') id: string, @Body({ schema: InitRepo }) body: InitRepo): Promise<{ proposalId: string }> {
    const p = await findProject(this.db, OWNER, id);
    if (!p) throw refuse('no_project');
    const s = resolveProjectSettings(p.settings);
    const draft = { projectId: id, ...templateTask(body.parts), model: s.model, budgetCents: s.budgetCents, skipPlan: false };
    const expires = new Date(Date.now() + DEFAULTS.proposalMinutes * 60_000);
    return { proposalId: await withTx(this.db, (tx) => propose(tx, OWNER, `init/${freshId()}`, null, draft, expires)) };
  }

  @Patch('projects/:id/settings')
  @HttpCode(200)
  @ApiOperation({ summary: 'Models, budget, egress and limits of a project' })
  async settings(@Param('id') id: string, @Body({ schema: ProjectSettings }) body: ProjectSettings): Promise<{ ok: true }> {
    if (!(await hasProject(this.db, OWNER, id))) throw refuse('no_project');
    await withTx(this.db, (tx) => append(tx, [settingsChanged(id, body, 'you')], OWNER));
    return { ok: true };
  }

  @Get('settings')
  @ApiOperation({ summary: 'Settings of the owner' })
  ownSettings(): Promise<OwnerSettings> {
    return getSettings(this.db, OWNER);
  }

  @Patch('settings')
  @HttpCode(200)
  @ApiOperation({ summary: 'Chat model and the cap on concurrent runs' })
  async save(@Body({ schema: Settings }) body: Settings): Promise<OwnerSettings> {
    await saveSettings(this.db, OWNER, body);
    return getSettings(this.db, OWNER);
  }
}
