// What stands beside words that were begun on several devices.

export const ALSO_WRITTEN = 'Also written on another device';
export const USE_IT = 'Use it';
export const DROP_IT = 'Drop it';
