// How the inbox shows what needs the person: whole cards, one line each, or one card at a time. Their choice,
// kept on the device.
const KEY = 'inbox/view';
const WAYS = ['cards', 'rows', 'one'] as const;
export type Way = (typeof WAYS)[number];
class View {
  way = $state<Way>('cards');

  load(): void {
    this.way = WAYS.find((w) => w === localStorage.getItem(KEY)) ?? 'cards';
  }

  choose(way: Way): void {
    this.way = way;
    try {
      localStorage.setItem(KEY, way);
    } catch {
      // Storage that is full or forbidden: it counts for as long as the page is open.
    }
  }
}

export const view = new View();
