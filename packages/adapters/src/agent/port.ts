// The Agent port: a program that does one turn of work in a folder, speaking lines of JSON.
import type { RunOutcome } from '@mainloop/models/flow/runs/outcomes';

/** A program that speaks the Language Server Protocol on its stdio. */
export interface LanguageServer {
  readonly command: string;
  readonly args: readonly string[];
  /** File extension with its dot, to the protocol's name of the language. */
  readonly extensionToLanguage: Readonly<Record<string, string>>;
  readonly initializationOptions?: unknown;
}

export interface AgentStart {
  readonly executable: string;
  readonly model: string;
  readonly sessionId: string;
  readonly resume: boolean;
  readonly maxTurns: number;
  readonly askPermissions: boolean;
  readonly configDir: string;
  readonly tmpDir: string;
  readonly gatewayUrl: string;
  readonly token: string;
  /** Folder that says which language servers there are, made by `pluginFiles`. */
  readonly pluginDir: string | null;
}

export interface AgentCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** What a line of the agent's output means to the runner. Everything else is only kept. */
export type AgentSignal =
  | { readonly kind: 'turn_ended' }
  | {
      readonly kind: 'permission';
      readonly requestId: string;
      readonly tool: string;
      readonly input: unknown;
    }
  | { readonly kind: 'other' };

export interface AgentEnd {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stderrTail: string;
}

export interface AgentAdapter {
  command(start: AgentStart): AgentCommand;
  /** What lies in a plugin folder with these servers, by path. */
  pluginFiles(servers: Readonly<Record<string, LanguageServer>>): Readonly<Record<string, string>>;
  /** The line that says something to the agent: the prompt, or a steering message in mid-run. */
  userLine(text: string): string;
  permissionLine(requestId: string, allow: boolean, message: string, input: unknown): string;
  /** A reader over one run's lines; `outcome` maps how it ended into the closed union. */
  reader(): { read(line: string): AgentSignal; outcome(end: AgentEnd, nowMs: number): RunOutcome };
}
