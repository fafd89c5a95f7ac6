// The port to a sentence model: texts in, directions out. Near directions are texts that mean the like.
export interface Embedder {
  /**
   * @param texts the beginning of each is enough
   * @returns a vector for each, as `inBytes` (flow/conversation/meaning.ts) makes them
   * @throws EmbedderError
   */
  embed(texts: readonly string[]): Promise<Int8Array[]>;
  /** Ends what it runs in. Asked again, it starts again. */
  close(): Promise<void>;
}

/**
 * `not_here`: its files are not on this machine, or their format or its library is not for it. `broken`: it
 * ended or failed in the middle. `busy`: so many wait already that this one would come too late.
 */
export class EmbedderError extends Error {
  readonly kind: 'not_here' | 'broken' | 'busy';
  constructor(kind: EmbedderError['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}
