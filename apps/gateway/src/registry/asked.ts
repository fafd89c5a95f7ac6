// What a package client asks for, in the words that are the same for every ecosystem. Pure.

/** An algorithm of node:crypto, and what the file has to hash to. */
export interface Hash {
  readonly algorithm: 'sha1' | 'sha256' | 'sha384' | 'sha512';
  readonly hex: string;
}

/** A list or description that changes: fetched, kept for a moment, asked for again. */
export interface Page {
  readonly ecosystem: string;
  /** The package, for sentences and for choosing the registry. */
  readonly name: string;
  /** Below the registry's own address. Every part is encoded. */
  readonly path: string;
  readonly accept: string;
}

/** One file as the page of its package names it. */
export interface Found {
  /** Where the registry says it is. */
  readonly url: string;
  /** `by the client`: it knows what the file hashes to, and this registry does not say. Then it is kept under its address. */
  readonly hash: Hash | 'by the client';
  /** For the story of a run: "is-odd@3.0.1". null: no package, only what is said of one. */
  readonly label: string | null;
}

export type Asked =
  /** The page itself, or what `answer` makes of it; null: it names no such thing. */
  | {
      readonly kind: 'page';
      readonly page: Page;
      readonly answer: (body: Buffer, options: AnswerTo) => Answer | null;
    }
  | {
      readonly kind: 'file';
      readonly page: Page;
      readonly find: (body: Buffer, also: Buffer | null) => Found | 'no file' | 'no hash';
      readonly file: string;
      /** Of the same registry, where one page does not say it all. */ readonly also?: Page;
    }
  /** What is known of a file by its address alone; the page stands for the package, and is not read. */
  | { readonly kind: 'known'; readonly page: Page; readonly file: string; readonly found: Found }
  | { readonly kind: 'here'; readonly answer: (options: AnswerTo) => Answer };

export interface AnswerTo {
  /** Where this client sees the gateway's packages, "http://127.0.0.1:8701". */
  readonly origin: string;
  readonly userAgent: string;
  readonly accept: string;
}

export interface Answer {
  readonly type: string;
  readonly body: string | Buffer;
  /** Where a client takes it for more than a mark; else it is made here. */
  readonly etag?: string;
}

/** @returns the path with its escapes undone, once; null when it is none, or when a part of it could lead elsewhere */
export function plainPath(path: string): string | null {
  try {
    const plain = decodeURIComponent(path);
    // eslint-disable-next-line no-control-regex
    return /[\\%?#\u0000-\u0020\u007f]|\/\/|(^|\/)\.\.?(\/|$)/.test(plain) ? null : plain;
  } catch {
    // Escapes that stand for no character.
    return null;
  }
}
