// Which changes were opened on this device: until then reading is what a review card offers first.
const PREFIX = 'read/';

class Marks {
  /** By task: the push that was read last. */
  private known = $state.raw<ReadonlyMap<string, string>>(new Map());

  isRead(taskId: string, push: string | null): boolean {
    return push !== null && this.known.get(taskId) === push;
  }

  load(taskId: string): void {
    const at = localStorage.getItem(`${PREFIX}${taskId}`);
    if (at !== null && !this.known.has(taskId)) this.known = new Map([...this.known, [taskId, at]]);
  }

  mark(taskId: string, push: string): void {
    if (this.known.get(taskId) === push) return;
    this.known = new Map([...this.known, [taskId, push]]);
    try {
      localStorage.setItem(`${PREFIX}${taskId}`, push);
    } catch {
      // Storage that is full or forbidden: it counts for as long as the page is open.
    }
  }
}

export const marks = new Marks();
