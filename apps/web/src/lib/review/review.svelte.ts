// What a reviewer is about to say: one comment at a time, on a line or a range of one file.
import type { CommentPlace } from '@mainloop/models/flow/events';
import { untrack } from 'svelte';
import type { DiffLine } from './diff.ts';
import { act } from '../live/act.ts';
import { draftOf } from '../drafts/drafts.svelte.ts';
import { live } from '../live/live.svelte.ts';
import { formIn } from '@mainloop/models/flow/inbox/draft-versions';

export type Side = CommentPlace['side'];

export class Composer {
  /** Whether the person opened it on this page; else it was left open and takes no focus. */
  byHand = $state(false);
  /** What of it is kept; also as it was written elsewhere. */
  readonly draft: ReturnType<typeof draftOf>;
  /** @param task whose change is read */
  constructor(task: { readonly id: string; readonly title: string }) {
    this.draft = draftOf(`comment/${task.id}`, { title: task.title, taskId: task.id });
    $effect(() => {
      const now = this.draftNow;
      if (this.path !== null && (this.text !== '' || this.suggestion !== null)) this.draft.text = now;
    });
    $effect(() => {
      const begun = this.draft.text;
      untrack(() => {
        if (begun !== '' && begun !== this.draftNow) Object.assign(this, formIn(begun));
      });
    });
  }
  /** Opens where it was left, also when its words come from another device. */
  load(): void {
    this.draft.load();
  }

  private get draftNow(): string {
    const { path, side, start, end, text, suggestion } = this;
    return JSON.stringify({ path, side, start, end, text, suggestion });
  }

  path = $state<string | null>(null);
  side = $state<Side>('new');
  start = $state(0);
  end = $state(0);
  text = $state('');
  /** The lines as they should be; null while none are suggested. */
  suggestion = $state<string | null>(null);
  busy = $state(false);
  problem = $state('');

  is(path: string, side: Side, line: number | null): boolean {
    return line !== null && this.path === path && this.side === side && this.end === line;
  }
  covers(path: string, side: Side, line: number | null): boolean {
    return (
      line !== null && this.path === path && this.side === side && line >= this.start && line <= this.end
    );
  }

  /** Opens on a line. A second tap in the same file, before anything is written, makes a range. */
  tap(path: string, side: Side, line: number): void {
    if (
      this.path === path &&
      this.side === side &&
      this.isEmpty &&
      !(this.start === line && this.end === line)
    ) {
      [this.start, this.end] = [Math.min(this.start, line), Math.max(this.end, line)];
      return;
    }
    if (!this.isEmpty) return void (this.problem = 'Keep or drop this one first.');
    Object.assign(this, { path, side, start: line, end: line, problem: '', byHand: true });
  }

  get isEmpty(): boolean {
    return this.text.trim() === '' && this.suggestion === null;
  }

  /** Goes to the line above or below that is shown, for a thumb that hit the one beside it. */
  move(by: -1 | 1, lines: readonly DiffLine[]): void {
    const all = lines.flatMap((l) => (l.kind === 'hunk' ? [] : (l[this.side] ?? [])));
    const to = all[all.indexOf(this.end) + by];
    if (to === undefined) return;
    [this.start, this.end] = [to, to];
    if (this.suggestion !== null) this.suggestion = this.quote(lines);
  }

  close(): void {
    this.draft.drop();
    Object.assign(this, { path: null, text: '', suggestion: null, problem: '' });
  }

  quote(lines: readonly DiffLine[]): string {
    return lines
      .filter((l) => l.kind !== 'hunk' && this.covers(this.path ?? '', this.side, l[this.side]))
      .map((l) => l.text)
      .join('\n');
  }

  /** Opens a field with the lines as they are, or closes it. */
  suggest(lines: readonly DiffLine[]): void {
    this.suggestion = this.suggestion === null ? this.quote(lines) : null;
  }

  /** The comment as GitHub reads it. A suggestion that has a fence in it gets a longer one around it. */
  private get body(): string {
    if (this.suggestion === null) return this.text;
    const fence = '`'.repeat(
      Math.max(3, ...[...this.suggestion.matchAll(/`+/g)].map((m) => m[0].length + 1)),
    );
    return `${this.text.trim()}${this.text.trim() === '' ? '' : '\n'}${fence}suggestion\n${this.suggestion}\n${fence}`;
  }

  async keep(taskId: string, lines: readonly DiffLine[]): Promise<void> {
    this.busy = true;
    this.problem = '';
    const result = await act(`/api/tasks/${taskId}/comments`, {
      id: crypto.randomUUID(),
      path: this.path,
      side: this.side,
      startLine: this.start === this.end ? null : this.start,
      line: this.end,
      quote: this.quote(lines),
      text: this.body,
    });
    this.busy = false;
    if (!result.ok) return void (this.problem = result.sentence);
    this.close();
    live.lookAgain();
  }
}
