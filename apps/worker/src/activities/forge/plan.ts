// The plan's issue, and what is asked and answered on it.
import { ForgeError, type ForgeComment } from '@mainloop/adapters/forge/port';
import { decide } from '@mainloop/models/db/inbox/decide';
import { listForgeAnswers } from '@mainloop/models/db/inbox/items';
import { getTask, type TaskRow } from '@mainloop/models/db/tasks/tasks';
import { forgeUnreadable, issueEnsured } from '@mainloop/models/events/forge';
import { planAnswer } from '@mainloop/models/flow/forge/requests';
import { agentLine, agentQuote, ours, type ForgeText } from '@mainloop/models/flow/forge/text';
import { isOurComment, marker } from '@mainloop/models/flow/ids';
import {
  chooseIssueTemplate,
  fillIssueTemplate,
  readIssueTemplates,
  sayUnset,
  type IssueTemplate,
} from '@mainloop/models/flow/forge/issue-template';
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
function planIssue(task: TaskRow, template: IssueTemplate | null): PlanIssue {
  const quoted = agentQuote(task.prompt, 4_000);
  const asked = template === null ? quoted : fillIssueTemplate(template, quoted);
  const title = ours`${template?.prefix ?? ours``}${agentLine(task.title)}`;
  if (task.plan === null)
    return { title, body: ours`${asked}\n\n_Claude is reading the code; the plan appears here._` };
  return {
    title,
    body: ours`${asked}\n\nThe agent's plan:\n\n${agentQuote(task.plan)}\n\n---\nPlan revision ${task.planRevision}. Approve it in mainloop, with a 👍 here, or by a comment "approved". Any other comment is worked into the plan.`,
  };
}

/**
 * The plan on the forge: its issue, its approval, questions about it.
 * @returns activities; each takes one object with a `taskId`
 */
export const planActivities = ({ db, forge, effect, log }: ForgeContext) => {
  /** @returns `at`: when it was last changed, by the forge's clock */
  const writeIssue = async (task: TaskRow): Promise<{ number: number; at?: string }> => {
    const templates = readIssueTemplates(await forge.readIssueTemplates(task.repo), readYaml);
    const template = chooseIssueTemplate(templates, `${task.title}\n${task.prompt}`);
    const issue = { repo: task.repo, marker: marker(task.id, 'plan'), ...planIssue(task, template) };
    const made = await effect(task, { kind: 'issue' }, () =>
      forge.ensureIssue({ ...issue, known: null, ...(template === null ? {} : { fields: template.fields }) }),
    );
    const sentence = made.unset === undefined ? '' : sayUnset(made.unset);
    if (sentence !== '')
      await log(task, (about) =>
        forgeUnreadable.new({ ...about, key: { repo: task.repo }, payload: { sentence } }),
      );
    const now = await forge.ensureIssue({ ...issue, known: made.number });
    const outcome = task.planRevision > 1 ? now.outcome : 'created';
    await log(task, (about) =>
      issueEnsured.new({
        ...about,
        key: { planRevision: task.planRevision },
        payload: { number: made.number, url: made.url, outcome },
      }),
    );
    return { number: made.number, at: now.at };
  };
  /** Without issues the plan stays in the app, and the story says so once. */
  const ensureIssue = async (issue: { taskId: string }): Promise<{ number: number | null; at?: string }> => {
    const task = await getTask(db, issue.taskId);
    try {
      return await writeIssue(task);
    } catch (err) {
      if (!(err instanceof ForgeError) || err.kind !== 'disabled') throw err;
      await log(task, (about) =>
        forgeUnreadable.new({ ...about, key: { repo: task.repo }, payload: { sentence: NO_ISSUES } }),
      );
      return { number: null };
    }
  };

  /** @returns null where somebody has deleted it, or moved it out of sight: the plan is decided here then */
  const commentsOf = async (task: TaskRow, number: number): Promise<readonly ForgeComment[] | null> => {
    try {
      return await forge.listIssueComments(task.repo, number);
    } catch (err) {
      if (!(err instanceof ForgeError) || (err.kind !== 'not_found' && err.kind !== 'disabled')) throw err;
      const sentence = `The plan's issue #${number} is gone from GitHub, so nothing is heard from there. Decide the plan here.`;
      await log(task, (about) =>
        forgeUnreadable.new({ ...about, key: { repo: task.repo }, payload: { sentence } }),
      );
      return null;
    }
  };

  return {
    ensureIssue,

    /**
     * Approval on GitHub: a reaction or a comment of somebody who may write. Postgres first: it becomes a
     * decision like any other.
     */
    async readPlanAnswer(input: { taskId: string; itemId: string; sinceIso: string }): Promise<void> {
      const task = await getTask(db, input.taskId);
      if (task.issueNumber === null) return;
      const say = (author: string, decision: 'approve' | 'revise', text: string, answerId?: string) =>
        decide(db, {
          ownerId: task.ownerId,
          itemId: input.itemId,
          decision,
          text,
          via: 'github',
          by: author,
          answerId,
        });
      const listed = await commentsOf(task, task.issueNumber);
      if (listed === null) return;
      const page = listed.filter((c) => !isOurComment(c));
      const lastId = Math.max(
        0,
        ...(await listForgeAnswers(db, task.id)).map((id) => (id === null ? 0 : commentIdOf(id))),
      );
      // Nobody is asked about while there is nothing to hear.
      if (planAnswer(page, input.sinceIso, lastId) !== null) {
        const may = new Map<string, boolean>();
        for (const author of new Set(page.filter((c) => c.id > lastId).map((c) => c.author)))
          may.set(author, await forge.mayWrite(task.repo, author));
        const said = page.filter((c) => may.get(c.author) === true);
        const answer = planAnswer(said, input.sinceIso, lastId);
        if (answer !== null)
          return void (await say(answer.author, answer.decision, answer.text, answerIdOf(answer.id)));
      }
      for (const reaction of await forge.listReactions(task.repo, task.issueNumber)) {
        if (
          reaction.at < input.sinceIso ||
          !['+1', 'rocket', 'hooray', 'heart'].includes(reaction.content) ||
          !(await forge.mayWrite(task.repo, reaction.author))
        )
          continue;
        await say(reaction.author, 'approve', '');
        return;
      }
    },

    /** A question of the plan is asked on its issue, which may not be there yet. */
    async ensureQuestion(input: { taskId: string; itemId: string }): Promise<void> {
      let task = await getTask(db, input.taskId);
      if (task.phase === 'plan' && task.issueNumber === null) {
        await ensureIssue(input);
        task = await getTask(db, input.taskId);
      }
      await ensureQuestion({ db, forge, effect }, task, input.itemId);
    },

    async readAnswer(input: { taskId: string; itemId: string; sinceIso: string }): Promise<void> {
      await readAnswer(db, forge, await getTask(db, input.taskId), input.itemId, input.sinceIso);
    },
  };
};
