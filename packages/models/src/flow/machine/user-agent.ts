// Which browser and which system a browser's name for itself speaks of. Versions change with every update;
// these do not. Pure.
type Known = readonly (readonly [name: string, spoken: RegExp])[];

/** The first that is spoken of counts: Edge calls itself Chrome as well, and every browser Safari. */
const BROWSERS: Known = [
  ['Edge', /Edg\//],
  ['Firefox', /Firefox\//],
  ['Chrome', /Chrome\//],
  ['Safari', /Safari\//],
];
const SYSTEMS: Known = [
  ['iPhone', /iPhone/],
  ['iPad', /iPad/],
  ['Android', /Android/],
  ['Mac', /Mac OS X/],
  ['Windows', /Windows/],
  ['Linux', /Linux/],
];
const MAKERS: Known = [
  ['Apple', /iPhone|iPad|Mac OS X/],
  ['Windows', /Windows/],
];

const firstOf = (known: Known, userAgent: string, none: string): string =>
  known.find(([, spoken]) => spoken.test(userAgent))?.[0] ?? none;
const browserOf = (userAgent: string): string => firstOf(BROWSERS, userAgent, 'A browser');

/** @returns what a device is called in lists: "Chrome on Android" */
export const deviceKind = (userAgent: string): string =>
  `${browserOf(userAgent)} on ${firstOf(SYSTEMS, userAgent, 'an unknown system')}`;

/**
 * What a sign-in is held to. Coarser than the name above: a phone that asks for the desktop's page calls
 * itself a Mac or a Linux
 * machine from then on, and is still the same phone.
 * @param userAgent the header, as a browser sends it
 * @returns browser and maker, to be compared and not shown
 */
export const deviceFamily = (userAgent: string): string =>
  `${browserOf(userAgent)}, ${firstOf(MAKERS, userAgent, 'Linux or Android')}`;
