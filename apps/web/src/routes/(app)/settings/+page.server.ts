import { resolveSettings, unreadableWords } from '@mainloop/models/contracts/settings';
import { read } from '#lib/server/read.ts';
import type { PageServerLoad } from './$types';

/**
 * The person’s settings.
 * @returns every one, defaults where none is set, and a sentence where they can not be read
 */
export const load: PageServerLoad = async () => {
  const { unreadable, ...settings } = resolveSettings(await read().settings());
  return { settings, unreadable: unreadableWords(unreadable, 'yours') };
};
