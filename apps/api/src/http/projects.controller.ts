import { Controller, Inject, Param } from '@nestjs/common';
import type { Given, Taken } from '@mainloop/models/contracts/routes';
import { PROPOSAL_MINUTES } from '@mainloop/models/contracts/settings';
import { cancelTask } from '@mainloop/models/db/inbox/decide';
import { append, freshId, lastSeq, lockLog, toOutbox } from '@mainloop/models/db/log';
import { wasSent } from '@mainloop/models/db/outbox';
import { withTx, type Db } from '@mainloop/models/db/pool';
import {
  findProject,
  hasProject,
  isNameTaken,
  listLiveTasks,
  listProjects,
} from '@mainloop/models/db/projects/projects';
import { tryGuardrails } from '@mainloop/models/db/forge/past-pushes';
import { propose } from '@mainloop/models/db/conversation/proposals';
import {
  getSettings,
  resolveProjectSettings,
  saveSettings,
  settingsChanged,
} from '@mainloop/models/db/projects/settings';
import { wakeWaiting } from '@mainloop/models/db/runs/pause';
import { readAccounts } from '@mainloop/models/db/runs/holds';
import { projectRemoved } from '@mainloop/models/events/projects';
import type { LoggedEvent } from '@mainloop/models/events/registry';
import { OWNER } from '@mainloop/models/flow/ids';
import { templateTask } from '@mainloop/models/flow/projects/template';
import { PROJECT_WORKFLOW, type ProjectWorkflowInput } from '@mainloop/models/flow/workflow';
import type { Hub } from '../stream/hub.ts';
import { DB, HUB } from '../tokens.ts';
import { refuse, Refused } from './refuse.ts';
import { Route, Sent } from './route.ts';

const WAIT_MS = 60_000;

type Settled = LoggedEvent<'project.added' | 'project.refused'>;
const isAbout = (event: LoggedEvent, projectId: string): event is Settled =>
  (event.type === 'project.added' || event.type === 'project.refused') && event.payload.id === projectId;

@Controller()
export class ProjectsController {
  private readonly db: Db;
  private readonly hub: Hub;
  constructor(@Inject(DB) db: Db, @Inject(HUB) hub: Hub) {
    this.db = db;
    this.hub = hub;
  }

  @Route('listProjects')
  projects(): Promise<Given<'listProjects'>> {
    return listProjects(this.db, OWNER);
  }

  @Route('addProject')
  async add(@Sent('addProject') body: Taken<'addProject'>): Promise<Given<'addProject'>> {
    const projectId = `pr-${freshId()}`;
    const input: ProjectWorkflowInput = {
      ownerId: OWNER,
      projectId,
      source: body.source,
      ...(body.folder === '' ? {} : { folder: body.folder }),
    };
    const from = await lastSeq(this.db, OWNER);
    await withTx(this.db, (tx) =>
      toOutbox(tx, {
        kind: 'start',
        workflowId: `project/${projectId}`,
        name: PROJECT_WORKFLOW,
        payload: input,
      }),
    );
    const said = await this.hub.waitFor(from, (e) => (isAbout(e, projectId) ? e : null), WAIT_MS);
    if (said?.type === 'project.refused') throw refuse('project_refused', said.payload.sentence);
    // Adding what is there already gives the project that is there.
    if (said !== null) {
      const project = (await this.projects()).find((p) => p.name === said.payload.name);
      if (!project) throw refuse('no_project');
      return { ...project, look: said.payload.look ?? null, unreadable: said.payload.unreadable ?? null };
    }
    if (await wasSent(this.db, `project/${projectId}`)) throw refuse('project_slow');
    throw refuse('worker_silent');
  }

  @Route('initProject')
  async init(
    @Param('id') id: string,
    @Sent('initProject') body: Taken<'initProject'>,
  ): Promise<Given<'initProject'>> {
    const project = await findProject(this.db, OWNER, id);
    if (!project) throw refuse('no_project');
    const settings = resolveProjectSettings(project.settings);
    const draft = {
      projectId: id,
      ...templateTask(body.parts),
      model: settings.model,
      budgetCents: settings.budgetCents,
      skipPlan: false,
    };
    const expires = new Date(Date.now() + PROPOSAL_MINUTES * 60_000);
    return {
      proposalId: await withTx(this.db, (tx) =>
        propose(tx, OWNER, `init/${freshId()}`, null, draft, expires),
      ),
    };
  }

  @Route('changeProject')
  async settings(
    @Param('id') id: string,
    @Sent('changeProject') body: Taken<'changeProject'>,
  ): Promise<Given<'changeProject'>> {
    await withTx(this.db, async (tx) => {
      await lockLog(tx);
      if (!(await hasProject(tx, OWNER, id))) throw refuse('no_project');
      const { folder } = body;
      if (folder !== undefined && (await isNameTaken(tx, OWNER, id, { folder })))
        throw refuse('project_there', folder || 'All of it');
      await append(tx, [settingsChanged(id, body, 'you')], OWNER);
      await wakeWaiting(tx, OWNER);
    });
    return { ok: true };
  }

  @Route('removeProject')
  async remove(@Param('id') id: string): Promise<Given<'removeProject'>> {
    await withTx(this.db, async (tx) => {
      await lockLog(tx);
      if (await hasProject(tx, OWNER, id))
        return void (await append(tx, [projectRemoved.new({ actor: 'you', payload: { id } })], OWNER));
      // Asked again: then tasks may be left over from the first time.
      if ((await listLiveTasks(tx, OWNER, id)).length === 0) throw refuse('no_project');
    });
    for (const taskId of await listLiveTasks(this.db, OWNER, id)) {
      const result = await cancelTask(this.db, { ownerId: OWNER, taskId, by: 'you' });
      // One that ended meanwhile needs no end.
      if (!result.ok && result.code !== 'task_ended') throw new Refused(result);
    }
    return { ok: true };
  }

  @Route('getSettings')
  ownSettings(): Promise<Given<'getSettings'>> {
    return getSettings(this.db, OWNER);
  }

  @Route('listLimits')
  async limits(): Promise<Given<'listLimits'>> {
    return [...(await readAccounts(this.db, OWNER, Date.now()))];
  }

  @Route('tryGuardrails')
  async dryRun(@Sent('tryGuardrails') body: Taken<'tryGuardrails'>): Promise<Given<'tryGuardrails'>> {
    if (body.project !== undefined && !(await hasProject(this.db, OWNER, body.project)))
      throw refuse('no_project');
    return tryGuardrails(this.db, OWNER, body);
  }

  @Route('changeSettings')
  async save(@Sent('changeSettings') body: Taken<'changeSettings'>): Promise<Given<'changeSettings'>> {
    await withTx(this.db, async (tx) => {
      await saveSettings(tx, OWNER, body);
      await wakeWaiting(tx, OWNER);
    });
    return getSettings(this.db, OWNER);
  }
}
