// What every verb gets: the api, and one way to print (terminal.ts).
import type { Api } from './client.ts';
import type { Terminal } from './terminal.ts';

export interface Context {
  readonly api: () => Api;
  readonly out: Terminal['out'];
  readonly line: Terminal['line'];
  readonly say: Terminal['say'];
  readonly warn: Terminal['warn'];
}
