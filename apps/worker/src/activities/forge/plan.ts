// The plan's issue, and what is asked and answered on it.
import { ForgeError } from '@mainloop/adapters/forge/port';
import { decide } from '@mainloop/models/db/inbox/decide';
import { listForgeAnswers } from '@mainloop/models/db/inbox/items';
import { getTask, type TaskRow } from '@mainloop/models/db/tasks/tasks';
import { forgeUnreadable, issueEnsured } from '@mainloop/models/events/forge';
import { planAnswer } from '@mainloop/models/flow/requests';
import { agentLine, agentQuote, ours, personsWords, type ForgeText } from '@mainloop/models/flow/forge-text';
import { isOurComment, marker } from '@mainloop/models/flow/ids';
import {
  chooseIssueTemplate,
  fillIssueTemplate,
  readIssueTemplate,
  type IssueTemplate,
} from '@mainloop/models/flow/issue-template';
import { parse } from 'yaml';
import { answerIdOf, commentIdOf, ensureQuestion, readAnswer } from '../../questions.ts';
import type { ForgeContext } from './context.ts';

const NO_ISSUES = 'This repository has no issues, so the plan is only here.';

interface PlanIssue {
  readonly title: ForgeText;
  readonly body: ForgeText;
}
/** A form of a stranger: aliases that would make it grow are refused. */
const readYaml = (text: string): unknown => parse(text, { maxAliasCount: 20, logLevel: 'error' });

/** As the repository's own template has it, where it has one for such a thing. */
function planIssue(t: TaskRow, template: IssueTemplate | null): PlanIssue {
  const quoted = agentQuote(t.prompt, 4_000);
  const asked = template === null ? quoted : fillIssueTemplate(template, quoted);
  const title = ours`${personsWords(template?.prefix ?? '')}${agentLine(t.title)}`;
  if (t.plan === null)
    return { title, body: ours`${asked}\n\n_Claude is reading the code; the plan appears here._` };
  return {
    title,
    body: ours`${asked}\n\nThe agent's plan:\n\n${agentQuote(t.plan)}\n\n---\nPlan revision ${t.planRevision}. Approve it in mainloop, with a 👍 here, or by a comment "approved". Any other comment is worked into the plan.`,
  };
}

/**
 * The plan on the forge: its issue, its approval, questions about it.
 * @returns activities; each takes one object with a `taskId`
 */
export const planActivities = ({ db, forge, effect, log }: ForgeContext) => {
  /** @returns `at`: when it was last changed, by the forge's clock */
  const writeIssue = async (t: TaskRow): Promise<{ number: number; at?: string }> => {
    const templates = (await forge.readIssueTemplates(t.repo)).flatMap(
      ({ name, text }) => readIssueTemplate(name, text, readYaml) ?? [],
    );
    const issue = {
      repo: t.repo,
      marker: marker(t.id, 'plan'),
      ...planIssue(t, chooseIssueTemplate(templates, `${t.title}\n${t.prompt}`)),
    };
    const made = await effect(t, { kind: 'issue' }, () => forge.ensureIssue({ ...issue, known: null }));
    const now = await forge.ensureIssue({ ...issue, known: made.number });
    const outcome = t.planRevision > 1 ? now.outcome : 'created';
    await log(t, (about) =>
      issueEnsured.new({
        ...about,
        key: { planRevision: t.planRevision },
        payload: { number: made.number, url: made.url, outcome },
      }),
    );
    return { number: made.number, at: now.at };
  };
  /** Without issues the plan stays in the app, and the story says so once. */
  const ensureIssue = async (i: { taskId: string }): Promise<{ number: number | null; at?: string }> => {
    const t = await getTask(db, i.taskId);
    try {
      return await writeIssue(t);
    } catch (err) {
      if (!(err instanceof ForgeError) || err.kind !== 'disabled') throw err;
      await log(t, (about) =>
        forgeUnreadable.new({ ...about, key: { repo: t.repo }, payload: { sentence: NO_ISSUES } }),
      );
      return { number: null };
    }
  };

  return {
    ensureIssue,

    /** Approval on GitHub: a reaction or a comment of somebody who may write. Postgres first: it becomes a decision like any other. */
    async readPlanAnswer(i: { taskId: string; itemId: string; sinceIso: string }): Promise<void> {
      const t = await getTask(db, i.taskId);
      if (t.issueNumber === null) return;
      const say = (author: string, decision: 'approve' | 'revise', text: string, answerId?: string) =>
        decide(db, {
          ownerId: t.ownerId,
          itemId: i.itemId,
          decision,
          text,
          via: 'github',
          by: author,
          answerId,
        });
      const page = (await forge.listIssueComments(t.repo, t.issueNumber)).filter((c) => !isOurComment(c));
      const lastId = Math.max(
        0,
        ...(await listForgeAnswers(db, t.id)).map((id) => (id === null ? 0 : commentIdOf(id))),
      );
      // Nobody is asked about while there is nothing to hear.
      if (planAnswer(page, i.sinceIso, lastId) !== null) {
        const may = new Map<string, boolean>();
        for (const author of new Set(page.filter((c) => c.id > lastId).map((c) => c.author)))
          may.set(author, await forge.mayWrite(t.repo, author));
        const said = page.filter((c) => may.get(c.author) === true);
        const answer = planAnswer(said, i.sinceIso, lastId);
        if (answer !== null)
          return void (await say(answer.author, answer.decision, answer.text, answerIdOf(answer.id)));
      }
      for (const r of await forge.listReactions(t.repo, t.issueNumber)) {
        if (
          r.at < i.sinceIso ||
          !['+1', 'rocket', 'hooray', 'heart'].includes(r.content) ||
          !(await forge.mayWrite(t.repo, r.author))
        )
          continue;
        await say(r.author, 'approve', '');
        return;
      }
    },

    /** A question of the plan is asked on its issue, which may not be there yet. */
    async ensureQuestion(i: { taskId: string; itemId: string }): Promise<void> {
      let t = await getTask(db, i.taskId);
      if (t.phase === 'plan' && t.issueNumber === null) {
        await ensureIssue(i);
        t = await getTask(db, i.taskId);
      }
      await ensureQuestion({ db, forge, effect }, t, i.itemId);
    },

    async readAnswer(i: { taskId: string; itemId: string; sinceIso: string }): Promise<void> {
      await readAnswer(db, forge, await getTask(db, i.taskId), i.itemId, i.sinceIso);
    },
  };
};
