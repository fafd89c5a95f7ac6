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

/**
 * @param item of the inbox or of a task
 * @returns it with what a review or a failure is decided by; as it is for all else, and from an api of before it could
 *   be asked
 */
export async function withEvidence<Item extends { readonly kind: string; readonly taskId: string | null }>(
  api: Api,
  item: Item,
): Promise<Item & { readonly evidence?: Answer<'getEvidence'> }> {
  const { kind, taskId } = item;
  if (taskId === null || (kind !== 'review' && kind !== 'failure')) return item;
  try {
    return { ...item, evidence: await api.call('getEvidence', { id: taskId }) };
  } catch (err) {
    if (err instanceof Refused) return item;
    throw err;
  }
}
