// How things look on a terminal. Pure: rows in, text out.
import { nextSentence, type CiCounts } from '@mainloop/models/flow/states';

export interface TaskView {
  readonly id: string;
  readonly title: string;
  readonly state: string;
  readonly statusLine: string;
  readonly project: string;
  readonly costMicrousd: number;
  readonly ci: CiCounts | null;
  readonly prUrl: string | null;
}
export interface ItemView {
  readonly id: string;
  readonly kind: string;
  readonly title: string;
  readonly body: string;
  readonly project: string;
  readonly taskTitle: string;
  readonly options: readonly { label: string }[];
  readonly plan: string | null;
}
export interface ProposalView {
  readonly id: string;
  readonly title: string;
  readonly prompt: string;
  readonly project: string;
  readonly model: string;
  readonly budgetCents: number;
  readonly digest: string;
}

/** Text that came from a model or a stranger must not move the cursor or clear the screen. */
export const plain = (s: string): string => s.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '');

export const taskLine = (t: TaskView): string =>
  `${t.id}  ${plain(t.title)}\n    ${t.project} · ${t.state} · $${(t.costMicrousd / 1e6).toFixed(2)}\n    ${plain(nextSentence({ state: t.state, statusLine: t.statusLine, ci: t.ci }))}`;

export function itemText(i: ItemView): string {
  const how: Record<string, string> = {
    question: `mainloop answer ${i.id} "..."`,
    plan: `mainloop approve ${i.id}   or   mainloop revise ${i.id} "..."`,
    failure: `mainloop retry ${i.id}`,
    review: `mainloop approve ${i.id} (merges)   or   mainloop revise ${i.id} "..."`,
    ci_files: `mainloop approve ${i.id}   or   mainloop decline ${i.id}`,
  };
  return [
    `${i.kind}: ${plain(i.title)}`,
    `    ${i.project} · ${plain(i.taskTitle)}`,
    ...(i.kind === 'question' && i.options.length > 0 ? i.options.map((o) => `    - ${plain(o.label)}`) : []),
    ...(i.kind === 'plan' && i.plan ? [indent(plain(i.plan))] : i.body ? [indent(plain(i.body))] : []),
    `    ${how[i.kind] ?? ''}`,
  ].join('\n');
}

export const proposalText = (p: ProposalView): string =>
  `${p.id}  ${plain(p.title)}\n    ${p.project} · ${p.model} · at most $${(p.budgetCents / 100).toFixed(2)}\n${indent(plain(p.prompt))}\n    mainloop confirm ${p.id}   or   mainloop decline ${p.id}`;

const indent = (s: string): string =>
  s
    .trim()
    .split('\n')
    .map((l) => `    ${l}`)
    .join('\n');

/** One line of an agent's output as a person wants to read it, or null when there is nothing to see. */
export function outputLine(json: string): string | null {
  let e: { type?: string; subtype?: string; message?: { content?: unknown }; result?: string; dropped?: number };
  try {
    e = JSON.parse(json) as typeof e;
  } catch {
    return plain(json);
  }
  if (e.type === 'mainloop') return `[${e.dropped} bytes in one line were left out]`;
  const blocks = Array.isArray(e.message?.content)
    ? (e.message.content as { type: string; text?: string; name?: string; input?: Record<string, unknown>; content?: unknown }[])
    : [];
  const lines = blocks.map((b) => {
    if (b.type === 'text') return plain(b.text ?? '');
    if (b.type === 'tool_use') return `> ${b.name} ${plain(String(b.input?.command ?? b.input?.file_path ?? b.input?.pattern ?? '')).split('\n')[0]}`;
    if (b.type === 'tool_result')
      return plain(typeof b.content === 'string' ? b.content : JSON.stringify(b.content))
        .split('\n')
        .slice(0, 12)
        .map((l) => `  ${l}`)
        .join('\n');
    return '';
  });
  return lines.filter((l) => l !== '').join('\n') || null;
}
