// Language servers for the agent: what is wrong in a file it has just edited reaches it before its next model call.
import { accessSync, constants, existsSync } from 'node:fs';
import path from 'node:path';
import type { LanguageServer } from '@mainloop/adapters/agent/port';

const javascript = ['.js', '.jsx', '.mjs', '.cjs'].map((e) => [
  e,
  e === '.jsx' ? 'javascriptreact' : 'javascript',
]);
const typescript = ['.ts', '.tsx', '.mts', '.cts'].map((e) => [
  e,
  e === '.tsx' ? 'typescriptreact' : 'typescript',
]);

/**
 * The servers for a clone. TypeScript's comes with the sandbox and uses the compiler that the repository has
 * installed: without it every import would be an error. Others are used where they are installed.
 * @param repo the clone
 * @param toolPath PATH of the sandbox
 * @param kit what the sandbox brings: Node, the TypeScript server, and a compiler for repositories whose own
 * has no tsserver (TypeScript 7)
 */
export function languageServersOf(
  repo: string,
  toolPath: string,
  kit: string,
): Record<string, LanguageServer> {
  const found = new Map<string, LanguageServer>();
  const own = path.join(repo, 'node_modules/typescript/lib');
  if (existsSync(own))
    found.set('typescript', {
      command: path.join(kit, 'node'),
      args: [path.join(kit, 'typescript-language-server.mjs'), '--stdio'],
      extensionToLanguage: Object.fromEntries([...typescript, ...javascript]) as Record<string, string>,
      initializationOptions: {
        disableAutomaticTypingAcquisition: true,
        tsserver: {
          path: path.join(
            existsSync(path.join(own, 'tsserver.js')) ? own : path.join(kit, 'typescript/lib'),
            'tsserver.js',
          ),
        },
      },
    });
  for (const [name, command, args, extensions] of OTHERS) {
    const file = [
      path.join(repo, 'node_modules/.bin', command),
      ...toolPath.split(':').map((d) => path.join(d, command)),
    ].find(isProgram);
    if (file !== undefined)
      found.set(name, {
        command: file,
        args,
        extensionToLanguage: Object.fromEntries(extensions.map((e) => [e, name])),
      });
  }
  return Object.fromEntries(found);
}

const OTHERS: readonly [string, string, readonly string[], readonly string[]][] = [
  ['python', 'pyright-langserver', ['--stdio'], ['.py', '.pyi']],
  ['go', 'gopls', [], ['.go']],
  ['rust', 'rust-analyzer', [], ['.rs']],
];

/**
 * @param file a whole path
 * @returns whether it is there and may be run
 */
export function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    // Not there, or not to be run.
    return false;
  }
}
