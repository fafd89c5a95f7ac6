// A task's events as sentences, for the page and the command line. An event of a newer server that we do not know is left out. Pure.
import type { EventType, LoggedEvent, Payloads } from './registry.ts';
import { actorWords, saidOf } from '../flow/actors.ts';
import { own } from '../flow/look.ts';
import { PASSED_WORDS } from '../flow/forge/requests.ts';
import type { LearningSource } from '../flow/learnings/learnings.ts';
import { foundWords } from '../flow/review/second-look.ts';
import type { ShownPicture } from '../flow/review/pictures.ts';
import { isPaused } from '../flow/runs/outcomes.ts';
import { ENDING_SENTENCE, sentences } from '../flow/states.ts';

interface Step {
  readonly seq: number;
  readonly at: string;
  readonly text: string;
  readonly tone: 'plain' | 'good' | 'bad' | 'you' | 'said';
  readonly href?: string | null;
  readonly runId?: string;
  /** How long the run took that began with it, in milliseconds; not set while it runs. */
  readonly tookMs?: number;
  /** A comment on GitHub that started nothing, which the person may make a request of. */
  readonly take?: string;
  readonly picture?: ShownPicture;
  /** Output or lines that belong to it, shown on request. */
  readonly more?: string;
  /** What that is, where it is not what a command printed. */
  readonly moreIs?: string;
}

const LEFT = 'No longer waiting to merge.';
const PHASE: Record<string, string> = {
  plan: 'reads the code and plans',
  implement: 'starts to write the change',
  fix_ci: 'repairs the change',
  second_look: 'reads the change with fresh eyes',
  address_review: 'works through the review',
};
const DECISION: Record<string, (text: string) => string> = {
  answer: (t) => `You answered: ${t}`,
  approve: () => 'The plan was approved.',
  revise: (t) => `A change to the plan was asked for: ${t}`,
  retry: () => 'You told it to go on.',
  merge: () => 'You told it to merge.',
  changes: (t) => (t.trim() ? `You asked for changes: ${t}` : 'You asked for changes.'),
  allow: (t) => (t.trim() ? `You allowed: ${t.split('\n').join('; ')}` : 'You allowed it.'),
  deny: (t) => (t ? `You refused it: ${t}` : 'You refused it.'),
  allow_task: () => 'You allowed it for this task.',
  allow_project: () => 'You allowed it for this project.',
  cancel: () => 'You cancelled.',
  reopen: () => 'You opened the pull request again.',
  stop: () => 'You stopped the task.',
  keep: () => 'You stopped the task and kept its branch.',
};

/** What the user does, or a program for them: the sentence about it says who. */
const DEEDS: ReadonlySet<string> = new Set<EventType>([
  'task.budget_raised',
  'task.model_changed',
  'task.priority_changed',
  'task.blockers_changed',
  'task.confirmed',
  'task.steered',
  'task.paused',
  'task.ended',
  'train.left',
  'review.submitted',
  'review.taken',
  'inbox.answered',
]);

const CHECK = {
  setup: 'Set-up',
  verify: 'Check',
  diagnostics: 'Diagnostics',
  lint: 'Linter',
  tests: 'Tests',
} as const;

/**
 * What happened to a task, for the page.
 * @param events of one task, oldest first
 * @returns a line each, with how long its run took; events that say nothing to a person have none
 */
export function storyOf(events: readonly LoggedEvent[]): Step[] {
  const ends = new Map(
    events.flatMap((e) => (e.type === 'run.ended' ? [[e.payload.runId, Date.parse(e.at)]] : [])),
  );
  const taken = new Set(
    events.flatMap((e) => (e.type === 'review.taken' ? [`${e.payload.id} ${e.payload.words}`] : [])),
  );
  const canceller = events.find(
    (e) => e.type === 'task.state' && e.payload.status?.is === 'cancelling',
  )?.actor;
  // Events from before it was logged who paused a task have the item alone.
  const pausedAt = events.find(({ type }) => type === 'task.paused')?.seq ?? Infinity;
  return events.flatMap((event) => {
    const isSaid =
      event.type === 'inbox.opened' && event.payload.errorCode === 'paused' && event.seq > pausedAt;
    const about = isSaid ? null : sentence(event, taken);
    if (about === null) return [];
    const isCancelled = event.type === 'task.ended' && event.payload.how === 'cancelled';
    const by = isCancelled ? (canceller ?? event.actor) : event.actor;
    const step = {
      ...about,
      text: DEEDS.has(event.type) ? saidOf(by, about.text, event.type === 'task.steered') : about.text,
    };
    const end = step.runId === undefined ? undefined : ends.get(step.runId);
    return [
      {
        seq: event.seq,
        at: event.at,
        ...step,
        ...(end === undefined ? {} : { tookMs: Math.max(0, end - Date.parse(event.at)) }),
      },
    ];
  });
}

function lookWords(look: Payloads['review.second_looked'], taskId: string | null): Sentence {
  const found = foundWords(look);
  const href = `/task/${taskId}/changes`;
  if (found === '') return { text: 'The second look found nothing.', tone: 'good', href };
  return { text: `The second look found: ${found}.`, tone: look.must > 0 ? 'bad' : 'plain', href };
}

/** Of a collision what is new of it, and when it is over while both tasks are at work; null for what is none. */
function collisionWords(event: LoggedEvent): Omit<Step, 'seq' | 'at'> | null {
  if (event.type === 'collision.found' && event.payload.isNews) {
    const { files, more, otherId } = event.payload;
    const shown = files.slice(0, 3).map(({ path }) => path);
    const left = files.length + more - shown.length;
    const where = `${shown.join(', ')}${left > 0 ? ` and ${left} more` : ''}`;
    return {
      text: `It will conflict with another task, in ${where}.`,
      tone: 'plain',
      href: `/task/${otherId}`,
    };
  }
  if (event.type !== 'collision.cleared' || event.payload.why !== 'apart') return null;
  const href = `/task/${event.payload.otherId}`;
  return { text: 'It no longer conflicts with the other task.', tone: 'plain', href };
}

const closedWords = ({ by, number }: Payloads['pr.closed']): string =>
  by ? `${by} closed pull request #${number}.` : `Pull request #${number} was closed.`;

const namesOf = (failures: readonly { readonly name: string }[] | undefined): string =>
  failures === undefined || failures.length === 0
    ? ''
    : `: ${failures
        .slice(0, 3)
        .map((f) => f.name)
        .join(', ')}${failures.length > 3 ? ', …' : ''}`;

const blockersWords = (tasks: number): string => {
  if (tasks === 0) return 'You let it wait for no other task.';
  return `You let it wait until ${tasks === 1 ? 'another task has' : `${tasks} other tasks have`} ended.`;
};

type Sentence = Omit<Step, 'seq' | 'at'>;

/** A push that did not get through, or not yet. */
function stoppedPush(
  event: LoggedEvent<'push.held'> | LoggedEvent<'push.refused'> | LoggedEvent<'guardrail.hit'>,
): Sentence {
  const tone = 'bad';
  switch (event.type) {
    case 'push.held':
      return { text: `A change to ${event.payload.files.join(', ')} is held until you agree.`, tone };
    case 'push.refused':
      return { text: `A push was refused: ${event.payload.reason}.`, tone };
    case 'guardrail.hit': {
      const { verdict, sentence: why } = event.payload;
      return {
        text: `${verdict === 'never' ? 'A guardrail refused a push' : 'A guardrail holds a push until you agree'}: ${why}.`,
        tone,
      };
    }
  }
}

/** @param taken what the person took as a request, by comment and words @returns null for what has no sentence */
const sentence = (event: LoggedEvent, taken: ReadonlySet<string>): Sentence | null =>
  ofTask(event) ?? ofAgent(event) ?? ofForge(event) ?? ofReview(event, taken);

/** What the person and the task itself did. */
function ofTask(event: LoggedEvent): Sentence | null {
  switch (event.type) {
    case 'task.budget_raised':
      return {
        text: `You raised the budget to $${(event.payload.budgetCents / 100).toFixed(2)}.`,
        tone: 'you',
      };
    case 'task.model_changed':
      return { text: `You chose to go on with ${event.payload.model.replace('claude-', '')}.`, tone: 'you' };
    case 'task.priority_changed':
      return { text: `You made it ${event.payload.priority} in priority.`, tone: 'you' };
    case 'task.blockers_changed':
      return { text: blockersWords(event.payload.blockedBy.length), tone: 'you' };
    case 'task.confirmed':
      return { text: 'You started it.', tone: 'you' };
    case 'task.paused':
      return { text: 'You paused it.', tone: 'you' };
    case 'task.steered':
      return { text: event.payload.text, tone: 'you' };
    case 'inbox.opened':
      return openedWords(event.payload);
    case 'inbox.answered':
      return {
        text:
          (own(DECISION, event.payload.decision)?.(event.payload.text) ?? event.payload.decision) +
          (event.payload.via === 'github' ? ` (${event.payload.by}, on GitHub)` : ''),
        tone: 'you',
      };
    case 'task.ended':
      return endedWords(event.payload);
    default:
      return null;
  }
}

/** What its agent did. */
function ofAgent(event: LoggedEvent): Sentence | null {
  switch (event.type) {
    case 'run.started':
      return {
        text:
          event.payload.epoch > 1
            ? 'The agent was lost. It picks up from its last checkpoint.'
            : `Claude ${PHASE[event.payload.phase] ?? 'works'}.`,
        tone: 'plain',
        runId: event.payload.runId,
      };
    case 'run.ended':
      return event.payload.outcome.kind === 'failed' || event.payload.outcome.kind === 'limit'
        ? { text: 'The run ended without finishing.', tone: 'bad' }
        : null;
    case 'sandbox.stuck':
      return { text: `Its sandbox could not be removed: ${event.payload.reason}`, tone: 'bad' };
    case 'evidence.recorded':
      return evidenceWords(event.payload);
    case 'packages.fetched':
      return packagesWords(event.payload);
    case 'agent.said':
      return { text: event.payload.text, tone: 'said' };
    case 'learning.noted':
      return {
        text: `${taughtBy(event.payload)}: ${event.payload.rule}`,
        tone: 'plain',
        href: '/learnings',
      };
    case 'learning.given':
      return event.payload.ids.length === 0
        ? null
        : {
            text: `${event.payload.asked === null ? 'Began with' : 'Asked, and was given'} what was learned before: ${event.payload.ids.join(', ')}.`,
            tone: 'plain',
            href: '/learnings',
          };
    case 'agent.showed':
      return { text: `Claude shows: ${event.payload.caption}`, tone: 'plain', picture: event.payload };
    case 'plan.written':
      return {
        text:
          event.payload.revision === 1
            ? 'The plan is written.'
            : `The plan is revised (revision ${event.payload.revision}).`,
        tone: 'plain',
      };
    case 'run.silent':
      return {
        text: `The agent has been silent for ${event.payload.minutes} minutes, so it was asked what it is doing.`,
        tone: 'bad',
      };
    default:
      return null;
  }
}

/** What happened on the forge. */
function ofForge(event: LoggedEvent): Sentence | null {
  switch (event.type) {
    case 'issue.ensured':
      return event.payload.outcome === 'created'
        ? { text: `Issue #${event.payload.number} holds the plan.`, tone: 'plain', href: event.payload.url }
        : null;
    case 'pr.ensured':
      return {
        text: `Draft pull request #${event.payload.number} is open.`,
        tone: 'plain',
        href: event.payload.url,
      };
    case 'branch.pushed':
      return pushedWords(event.payload);
    case 'branch.seen':
      return {
        text: `${event.payload.by || 'Somebody'} moved the branch to ${event.payload.sha.slice(0, 7)}: ${event.payload.title}`,
        tone: 'plain',
      };
    case 'push.held':
    case 'push.refused':
    case 'guardrail.hit':
      return stoppedPush(event);
    case 'ci.verdict':
      return verdictWords(event.payload);
    case 'pr.taken_back':
      return {
        text: `Pull request #${event.payload.number} is a draft again. ${event.payload.why}`,
        tone: 'bad',
      };
    case 'train.joined':
      return { text: 'Waiting its turn to merge.', tone: 'plain' };
    case 'train.left':
      return event.payload.how === 'merged' || event.payload.how === 'closed'
        ? null
        : { text: event.payload.why || LEFT, tone: event.payload.how === 'out' ? 'you' : 'bad' };
    case 'pr.ready':
      return { text: `Pull request #${event.payload.number} is ready for review.`, tone: 'good' };
    case 'pr.merged':
      return { text: `Pull request #${event.payload.number} is merged.`, tone: 'good' };
    case 'pr.closed':
      return { text: closedWords(event.payload), tone: 'plain' };
    case 'project.renamed':
      return {
        text: `The repository is called ${event.payload.repo} now; it was ${event.payload.before}.`,
        tone: 'plain',
      };
    case 'pr.reopened':
      return { text: `Pull request #${event.payload.number} is open again.`, tone: 'plain' };
    case 'settings.unreadable':
    case 'forge.unreadable':
      return { text: event.payload.sentence, tone: 'bad' };
    default:
      return null;
  }
}

/** What was said of the change. */
function ofReview(event: LoggedEvent, taken: ReadonlySet<string>): Sentence | null {
  switch (event.type) {
    case 'review.submitted':
      return {
        text:
          event.payload.ids.length === 1
            ? 'With one comment on the change.'
            : `With ${event.payload.ids.length} comments on the change.`,
        tone: 'you',
        href: `/task/${event.taskId}/changes`,
      };
    case 'review.passed_over': {
      const { author, text, why, id, words } = event.payload;
      return {
        text: `${quoted(author, text)} Not taken as a request: ${PASSED_WORDS[why]}.`,
        tone: 'plain',
        ...(taken.has(`${id} ${words}`) ? {} : { take: id }),
      };
    }
    case 'review.taken':
      return { text: 'You took it as a request.', tone: 'you' };
    case 'review.second_looked':
      return lookWords(event.payload, event.taskId);
    case 'review.replied':
      return { text: event.payload.text, tone: 'said', href: `/task/${event.taskId}/changes` };
    case 'review.asked_changes':
      return { text: `${event.payload.author} asked for changes on GitHub.`, tone: 'you' };
    default:
      return collisionWords(event);
  }
}

function evidenceWords(evidence: Payloads['evidence.recorded']): Sentence | null {
  const { what, command, exitCode, ms, tail, from, redBefore } = evidence;
  if (what === 'probe')
    return {
      text:
        exitCode === 0 ? 'The sandbox was tried from inside and is closed.' : 'The sandbox is not closed.',
      tone: exitCode === 0 ? 'plain' : 'bad',
      more: tail,
    };
  const bad = redBefore ? 'plain' : 'bad';
  const end = exitCode === null ? 'ran out of time' : `failed with exit ${exitCode}`;
  return {
    text: `${CHECK[what]}${from ? ` found in ${from.join(', ')}:` : ''} “${command}” ${exitCode === 0 ? 'passed' : end} after ${(ms / 1000).toFixed(1)} s.${from && exitCode !== 0 ? ' The agent works without it.' : ''}${redBefore ? ' It was red in the same way before the change.' : ''}`,
    tone: exitCode === 0 ? 'good' : bad,
    more: tail,
  };
}

function packagesWords(fetched: Payloads['packages.fetched']): Sentence | null {
  const { packages, more } = fetched;
  const count = packages.length + more;
  return {
    text: count === 1 ? `Package fetched: ${packages[0] ?? 'one more'}.` : `${count} packages fetched.`,
    tone: 'plain',
    more: packages.join('\n') + (more > 0 ? `\nand ${more} more` : ''),
    moreIs: 'Which ones',
  };
}

const pushedWords = (pushed: Payloads['branch.pushed']): Sentence => ({
  text: `${pushed.commits.length === 1 ? 'One commit' : `${pushed.commits.length} commits`} pushed: ${pushed.commits
    .map((c) => c.title)
    .reverse()
    .join('; ')} (+${pushed.additions} −${pushed.deletions})`,
  tone: 'plain',
});

function verdictWords(verdict: Payloads['ci.verdict']): Sentence | null {
  if (verdict.verdict === 'green')
    return {
      text: `CI is green, ${verdict.passed} of ${verdict.passed} checks.`,
      tone: 'good',
    };
  return verdict.verdict === 'red'
    ? {
        text: `CI failed, ${verdict.failed} of ${verdict.passed + verdict.failed + verdict.pending} checks${namesOf(verdict.failures)}.`,
        tone: 'bad',
      }
    : null;
}

function openedWords(opened: Payloads['inbox.opened']): Sentence | null {
  if (opened.kind === 'question') return { text: `Claude asks: ${opened.title}`, tone: 'said' };
  if (opened.kind === 'permission')
    return { text: `Claude asks for permission. ${opened.title}`, tone: 'said' };
  if (opened.kind === 'gate')
    return {
      text: opened.title,
      tone: 'bad',
      ...(opened.body ? { more: opened.body, moreIs: 'Which lines' } : {}),
    };
  if (opened.kind === 'failure' && isPaused(opened.errorCode)) return { text: 'You paused it.', tone: 'you' };
  return opened.kind === 'failure' ? { text: opened.title, tone: 'bad' } : null;
}

function endedWords(ended: Payloads['task.ended']): Sentence | null {
  if (ended.state === 'done') return { text: 'Done. Nothing is left behind.', tone: 'good' };
  const { how, left, state } = ended;
  if (how === 'cancelled')
    return { text: sentences('You cancelled it.', left), tone: left === '' ? 'you' : 'bad' };
  return {
    text: sentences(how === null ? '' : ENDING_SENTENCE[how], left),
    tone: state === 'failed' ? 'bad' : 'plain',
  };
}

/** @returns a whole sentence */
function quoted(author: string, text: string): string {
  if (text === '') return `${author}, without words.`;
  return `${author}: “${text}”${/[.!?…]$/.test(text) ? '' : '.'}`;
}

/** Who a rule is from. What is said by somebody from outside stands nowhere without their name. */
function taughtBy({ source, author }: { readonly source: LearningSource; readonly author: string }): string {
  switch (source) {
    case 'confessed':
      return 'Claude confesses';
    case 'learned':
      return 'Claude learned';
    case 'person':
      return 'Written for every agent';
    case 'review':
    case 'sent_back':
      return `Kept of what ${actorWords(author)} said, for later work`;
    case 'ci':
      return `Kept of ${author}, for later work`;
    case 'commit':
      return `Kept of a commit of ${author}, for later work`;
  }
}
