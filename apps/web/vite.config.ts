import adapter from '@sveltejs/adapter-node';
import { sveltekit } from '@sveltejs/kit/vite';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig } from 'vite';

/**
 * Scripts run from our own origin with a nonce, and nothing else is fetched: a page that shows text of
 * strangers can't be talked into more.
 */
const csp = {
  mode: 'auto' as const,
  directives: {
    'default-src': ['self' as const],
    'script-src': ['self' as const],
    // Svelte's transitions and the diff's widths are inline styles.
    'style-src': ['self' as const, 'unsafe-inline' as const],
    'img-src': ['self' as const, 'data:' as const],
    'connect-src': ['self' as const],
    'object-src': ['none' as const],
    'base-uri': ['none' as const],
    'form-action': ['self' as const],
    'frame-ancestors': ['none' as const],
  },
};

/**
 * What the first page needs comes in two files: Svelte with SvelteKit, and ours. In two dozen small ones the
 * same lines are a tenth larger when they are compressed, each for itself, and a phone asks two dozen times.
 */
const groups = [
  // SvelteKit finds its own entry by the file that it is in, so that one stays by itself.
  {
    name: 'runtime',
    // What only the icons need (they make elements of any name) is not of it.
    test: /node_modules[\\/](?:svelte|@sveltejs[\\/]kit)[\\/](?!.*(?:entry|svelte-element)\.js$)/,
    priority: 2,
  },
  {
    name: 'first',
    test: /src[\\/]routes[\\/]\(app\)[\\/](?:\+layout|inbox[\\/]\+page)\.svelte$/,
    priority: 1,
  },
];

export default defineConfig({
  plugins: [tailwindcss(), sveltekit({ adapter: adapter({ out: 'build' }), csp })],
  environments: { client: { build: { rolldownOptions: { output: { codeSplitting: { groups } } } } } },
});
