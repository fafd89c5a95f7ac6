// What several verbs look up by what was typed.
import type { Answer } from '@mainloop/models/contracts/routes';
import { Refused } from '../client.ts';
import type { Api } from '../client.ts';

/** @returns of which kind an open item is; `closed` where none has this id */
export const kindOf = async (api: Api, id: string): Promise<Answer<'listInbox'>[number]['kind'] | 'closed'> =>
  (await api.call('listInbox')).find((item) => item.id === id)?.kind ?? 'closed';

/**
 * @param name owner/name, as somebody typed it
 * @returns the project's id; null where none was asked for
 * @throws Refused where there is no such project
 */
export async function projectIdOf(api: Api, name: string | undefined): Promise<string | null> {
  if (name === undefined) return null;
  const found = (await api.call('listProjects')).find((project) => project.name === name);
  if (!found) throw new Refused('There is no such project. mainloop projects lists them.');
  return found.id;
}
