// What the push services of browsers want of whoever sends. Pure.

/**
 * Apple ends a subscription whose messages show nothing, after three of them, and a withdrawal shows nothing:
 * https://webkit.org/blog/12945/meet-web-push/
 * @param endpoint of a subscription, as its browser gave it
 */
export function mustShow(endpoint: string): boolean {
  const host = URL.canParse(endpoint) ? new URL(endpoint).hostname : '';
  return host === 'push.apple.com' || host.endsWith('.push.apple.com');
}
