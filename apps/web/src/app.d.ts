// What a request carries from the gate to its page.
declare global {
  // The name is SvelteKit's: https://svelte.dev/docs/kit/types#app
  namespace App {
    interface Locals {
      /** A name for whoever asks, and for this server; null: not known in this moment. */
      person: string | null;
    }
  }
}

export {};
