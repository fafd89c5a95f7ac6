// What a shell offers after `mainloop`, made from the verbs themselves.
import { Argument, type Command } from 'commander';
import type { Context } from './context.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

interface Words {
  /** What was typed before, as `mainloop skill`. */
  readonly after: string;
  /** Verbs, choices and options, in the order of `mainloop help`. */
  readonly words: readonly string[];
}

/** Only these reach a script: what else a name might hold would be run by a shell. */
const PLAIN = /^[\w-]+$/;

/** @returns what may follow each verb, and verbs of verbs */
export function wordsOf(command: Command, after = command.name()): Words[] {
  const words = [
    ...command.commands.map((verb) => verb.name()),
    ...command.registeredArguments.flatMap((argument) => argument.argChoices ?? []),
    ...command.options.flatMap((option) => option.long ?? []),
  ].filter((word) => PLAIN.test(word));
  return [{ after, words }, ...command.commands.flatMap((verb) => wordsOf(verb, `${after} ${verb.name()}`))];
}

const BASH = (
  cases: string,
): string => `# mainloop completions bash > ~/.local/share/bash-completion/completions/mainloop
_mainloop() {
  local typed=mainloop word i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    case "$word" in -*) ;; *) case " $(_mainloop_words "$typed") " in *" $word "*) typed="$typed $word" ;; esac ;; esac
  done
  COMPREPLY=($(compgen -W "$(_mainloop_words "$typed")" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
_mainloop_words() {
  case "$1" in
${cases}
  esac
}
complete -F _mainloop mainloop
`;

const caseOf = ({ after, words }: Words): string => `    "${after}") echo "${words.join(' ')}" ;;`;
const fishOf = ({ after, words }: Words): string =>
  `complete -c mainloop -f -n "__mainloop_after '${after}'" -a "${words.join(' ')}"`;

/** @returns a script that the shell reads */
export function completionsFor(shell: Shell, program: Command): string {
  const all = wordsOf(program).filter(({ words }) => words.length > 0);
  const bash = BASH(all.map(caseOf).join('\n'));
  switch (shell) {
    case 'bash':
      return bash;
    case 'zsh':
      return `#compdef mainloop\nautoload -U +X bashcompinit && bashcompinit\n${bash}`;
    case 'fish':
      return `# mainloop completions fish > ~/.config/fish/completions/mainloop.fish
function __mainloop_after
  test (string join ' ' (string match -v -- '-*' (commandline -opc))) = $argv[1]
end
${all.map(fishOf).join('\n')}
`;
  }
}

/** `completions`. */
export function registerCompletions(program: Command, { out }: Context): void {
  program
    .command('completions')
    .description('print what your shell needs to complete the verbs')
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .action((shell: Shell) => {
      const script = completionsFor(shell, program);
      out({ shell, script }, script.trimEnd());
    });
}
