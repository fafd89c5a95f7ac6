// What kind of device a browser's name for itself speaks of. Versions change with every update; these do not.
export function deviceKind(userAgent: string): string {
  const browser = /Edg\//.test(userAgent)
    ? 'Edge'
    : /Firefox\//.test(userAgent)
      ? 'Firefox'
      : /Chrome\//.test(userAgent)
        ? 'Chrome'
        : /Safari\//.test(userAgent)
          ? 'Safari'
          : 'A browser';
  const system = /iPhone/.test(userAgent)
    ? 'iPhone'
    : /iPad/.test(userAgent)
      ? 'iPad'
      : /Android/.test(userAgent)
        ? 'Android'
        : /Mac OS X/.test(userAgent)
          ? 'Mac'
          : /Windows/.test(userAgent)
            ? 'Windows'
            : /Linux/.test(userAgent)
              ? 'Linux'
              : 'an unknown system';
  return `${browser} on ${system}`;
}

/**
 * What a sign-in is held to. Coarser than the name above: a phone that asks for the desktop's page calls itself a Mac or a Linux
 * machine from then on, and is still the same phone.
 */
export function deviceFamily(userAgent: string): string {
  const [browser] = deviceKind(userAgent).split(' on ');
  const maker = /iPhone|iPad|Mac OS X/.test(userAgent) ? 'Apple' : /Windows/.test(userAgent) ? 'Windows' : 'Linux or Android';
  return `${browser}, ${maker}`;
}
