// The patches of the bundled workflows, by name; and the code as it was before one of them.

const CALL = /\([^()\s]*\.patched\)\('([\w-]+)'\)/g;

/** @param code of the bundle @returns the names, each once */
export const patchesOf = (code: string): string[] => [...new Set([...code.matchAll(CALL)].map((m) => m[1]!))];

/**
 * What a worker ran that did not know the patch: it went the old way and wrote no marker.
 * @param code the bundle of workflows
 * @returns the bundle with that patch never taken
 */
export const withoutPatch = (code: string, id: string): string =>
  code.replace(CALL, (call, name: string) => (name === id ? 'false' : call));
