import adapter from '@sveltejs/adapter-node';
import { sveltekit } from '@sveltejs/kit/vite';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig } from 'vite';

/** Scripts run from our own origin with a nonce, and nothing else is fetched: a page that shows text of strangers can't be talked into more. */
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

export default defineConfig({ plugins: [tailwindcss(), sveltekit({ adapter: adapter({ out: 'build' }), csp })] });
