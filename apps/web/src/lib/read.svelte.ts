// Which changes were opened on this device: until then reading is what a review card offers first.
import { SvelteMap } from 'svelte/reactivity';

const PREFIX = 'read/';

class Marks {
  /** By task: the push that was read last. */
  private readonly known = new SvelteMap<string, string>();

  isRead(taskId: string, push: string | null): boolean {
    return push !== null && this.known.get(taskId) === push;
  }

  load(taskId: string): void {
    const at = localStorage.getItem(`${PREFIX}${taskId}`);
    if (at !== null && !this.known.has(taskId)) this.known.set(taskId, at);
  }

  mark(taskId: string, push: string): void {
    this.known.set(taskId, push);
    try {
      localStorage.setItem(`${PREFIX}${taskId}`, push);
    } catch {
      // Storage that is full or forbidden: it counts for as long as the page is open.
    }
  }
}

export const marks = new Marks();
