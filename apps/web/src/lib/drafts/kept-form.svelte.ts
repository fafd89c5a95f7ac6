// A form of several fields whose words are kept until they are sent: over a reload, a tab that is killed, a sign-in that ran out, and
// on the person's other devices.
import { onMount, untrack } from 'svelte';
import { draftOf } from './drafts.svelte.ts';
import { formIn } from '@mainloop/models/flow/inbox/draft-versions';
import { isSameForm } from './same-form.ts';
import { refilled } from './refilled.ts';

export class KeptForm<Fields extends object> {
  fields = $state() as Fields;
  /** The form as it was opened: until it differs, nothing of it is the person's. */
  private opened = $state('');
  private readonly blank: () => Fields;
  /** What of it is kept; also as it was written elsewhere. */
  readonly draft: ReturnType<typeof draftOf>;
  private isLoaded = false;

  /**
   * To be made while a component starts.
   * @param name of the form among all, as `skill`
   * @param blank the form with nothing in it
   */
  constructor(name: string, blank: () => Fields) {
    this.blank = blank;
    this.draft = draftOf(`form/${name}`);
    this.fields = blank();
    this.opened = JSON.stringify(this.fields);
    onMount(() => this.draft.load());
    $effect(() => {
      const kept = this.draft.text;
      untrack(() => this.take(kept));
    });
    $effect(() => {
      const now = JSON.stringify(this.fields);
      const words = now === this.opened ? '' : now;
      untrack(() => {
        if (!isSameForm(this.draft.text, words)) this.draft.text = words;
      });
    });
  }

  /** Whether there is something in it that was not sent. */
  get isBegun(): boolean {
    return JSON.stringify(this.fields) !== this.opened;
  }

  private take(kept: string): void {
    const now = JSON.stringify(this.fields);
    const isFirst = !this.isLoaded;
    this.isLoaded = true;
    if (kept === '') {
      // It was sent from another device.
      if (!isFirst && now !== this.opened) this.open(this.blank());
    } else if (kept !== now) {
      const form = formIn(kept) ?? {};
      this.fields = isFirst ? refilled(this.fields, form, this.blank()) : { ...this.fields, ...form };
    }
  }

  /** Puts something into it that is not the person's yet, as a rule that is to be edited. */
  open(fields: Fields): void {
    this.opened = JSON.stringify(fields);
    this.fields = fields;
  }

  /** It was sent, or given up. */
  close(): void {
    this.open(this.blank());
    this.draft.drop();
  }
}
