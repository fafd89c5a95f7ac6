// What every verb gets: the api, and one way to print.
import type { Api } from './client.ts';

export interface Context {
  readonly api: () => Api;
  readonly out: (data: unknown, text: string) => void;
}
