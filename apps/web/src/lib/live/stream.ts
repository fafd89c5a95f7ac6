// One stream of events for all tabs of a browser. A browser opens six connections to a place at most: with a
// stream in each tab the seventh would wait for ever. The tab that holds a lock has the stream and passes on
// what comes; when it goes, or says nothing, another takes over.
export type StreamKind = 'event' | 'delta' | 'output';

export interface Listener {
  /** @param after the last event that this tab has seen, asked for whenever the stream is opened */
  cursor(): number;
  take(kind: StreamKind, data: string): void;
  /** The stream is open. @param at the last event that whoever has the stream has seen; null: this tab has it */
  up(at: number | null): void;
  /** It broke; it is opened again by itself. @param isOwn whether this tab has it, and did not only hear of it */
  down(isOwn: boolean): void;
}

const NAME = 'mainloop-stream';
const AGAIN_MS = 1_000;
/**
 * How often the tab with the stream says that it is there, and after how long without a word another tab
 * takes the stream over.
 */
const HEARTBEAT_MS = 2_000;
const SILENT_MS = 7_000;

type Word = { readonly is: 'message'; readonly kind: StreamKind; readonly data: string } | { readonly is: 'up'; readonly at: number } | { readonly is: 'down' } | { readonly is: 'hello' }; // prettier-ignore

/** The stream itself. @returns an end to it */
function listen(listener: Listener): () => void {
  let source: EventSource;
  let ended = false;
  const open = (): void => {
    if (ended) return;
    source = new EventSource(`/api/stream?after=${listener.cursor()}`);
    source.onopen = () => listener.up(null);
    source.onerror = () => {
      listener.down(true);
      if (source.readyState === EventSource.CLOSED) setTimeout(open, AGAIN_MS);
    };
    for (const kind of ['event', 'delta', 'output'] as const)
      source.addEventListener(kind, (m) => listener.take(kind, (m as MessageEvent<string>).data));
  };
  open();
  // Without a network a stream looks open for a while, and one that was being opened may still say so. Opened anew it
  // shows what there is: none, or a mainloop on this very machine.
  const openAnew = (): void => {
    source.close();
    open();
  };
  addEventListener('offline', openAnew);
  return () => {
    ended = true;
    removeEventListener('offline', openAnew);
    source.close();
  };
}

/** Takes part in the one stream. @returns an end to it */
export function joinStream(listener: Listener): () => void {
  // An old browser, or a page that is not from a safe place: each tab for itself.
  if (!('locks' in navigator) || !('BroadcastChannel' in globalThis)) return listen(listener);
  const channel = new BroadcastChannel(NAME);
  const say = (word: Word): void => channel.postMessage(word);
  const gone = new AbortController();
  let leads = false;
  let isUp = false;
  let receivedAtMs = performance.now();

  const lead = (): Promise<void> =>
    new Promise((release) => {
      // It came after this tab had left: nobody would hear what a stream of it says.
      if (gone.signal.aborted) return release();
      leads = true;
      const passing: Listener = {
        cursor: () => listener.cursor(),
        take(kind, data) {
          listener.take(kind, data);
          say({ is: 'message', kind, data });
        },
        up(at) {
          isUp = true;
          listener.up(at);
          say({ is: 'up', at: listener.cursor() });
        },
        down() {
          isUp = false;
          listener.down(true);
          say({ is: 'down' });
        },
      };
      const end = listen(passing);
      const beat = setInterval(() => isUp && say({ is: 'up', at: listener.cursor() }), HEARTBEAT_MS);
      stopLeading = () => {
        leads = isUp = false;
        clearInterval(beat);
        end();
        release();
      };
    });
  let stopLeading = (): void => undefined;
  const queue = (steal: boolean): void => {
    if (gone.signal.aborted) return;
    const wish = steal ? { steal } : { signal: gone.signal };
    void navigator.locks.request(NAME, wish, lead).catch(() => {
      // It was taken over, or this tab has gone: then it only listens, and stands in line again.
      stopLeading();
      queue(false);
    });
  };

  channel.onmessage = ({ data }: MessageEvent<Word>) => {
    if (data.is === 'hello') return void (leads && isUp && say({ is: 'up', at: listener.cursor() }));
    if (leads) return;
    receivedAtMs = performance.now();
    if (data.is === 'message') listener.take(data.kind, data.data);
    else if (data.is === 'up') listener.up(data.at);
    else listener.down(false);
  };
  // What it said counts for nobody until it was opened anew.
  const away = (): void => void (isUp = false);
  addEventListener('offline', away);
  queue(false);
  say({ is: 'hello' });
  // A tab that a phone has put to sleep keeps its lock and says nothing.
  const watch = setInterval(() => {
    if (leads || document.visibilityState !== 'visible' || performance.now() - receivedAtMs < SILENT_MS)
      return;
    receivedAtMs = performance.now();
    queue(true);
  }, HEARTBEAT_MS);
  return () => {
    gone.abort();
    clearInterval(watch);
    removeEventListener('offline', away);
    stopLeading();
    channel.close();
  };
}
