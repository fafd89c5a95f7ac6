// Short words at the foot of the page about what was just done. They have a place of their own and cover nothing.
interface Note {
  readonly id: number;
  readonly text: string;
  readonly actions: readonly { readonly label: string; run(): void }[];
}

const STAYS_MS = 6_000;
const MOST = 2;
let last = 0;

class Notes {
  shown = $state<Note[]>([]);

  /** @param ms how long it stays, in milliseconds */
  tell(text: string, ms = STAYS_MS, ...actions: Note['actions']): void {
    const note: Note = { id: ++last, text, actions };
    this.shown = [...this.shown, note].slice(-MOST);
    setTimeout(() => this.close(note.id), ms);
  }

  close(id: number): void {
    this.shown = this.shown.filter((n) => n.id !== id);
  }
}

export const notes = new Notes();
