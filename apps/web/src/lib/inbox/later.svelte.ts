// Which item is being put off, for the one dialog that asks until when.
import { act } from '../live/act.ts';
import { live } from '../live/live.svelte.ts';

class Later {
  itemId = $state<string | null>(null);
  problem = $state('');

  ask(itemId: string): void {
    this.problem = '';
    this.itemId = itemId;
  }

  /** @returns whether it is put off; if not, `problem` says why */
  async put(body: { readonly minutes: number; readonly untilCi?: true }): Promise<boolean> {
    const result = await act(`/api/inbox/${this.itemId}/snooze`, body);
    this.problem = result.ok ? '' : result.sentence;
    if (result.ok) live.lookAgain();
    return result.ok;
  }

  close(): void {
    this.itemId = null;
  }
}

export const later = new Later();
