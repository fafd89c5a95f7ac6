// What a token has to be allowed for each route. A route that is not named here does not compile.
import { strictest, type Scope } from '../flow/machine/scopes.ts';
import { ROUTES, type Route, type RouteName } from './routes.ts';

/** `open`: it asks nobody who they are, and has a proof of its own where it needs one. */
export const NEEDS: Readonly<Record<RouteName, Scope | 'open'>> = {
  getSignIn: 'open',
  takeWebhook: 'open',
  getHealth: 'open',
  getMetrics: 'open',
  listMessages: 'read',
  search: 'read',
  readAttachment: 'read',
  getMemory: 'read',
  exportMemory: 'read',
  listProposals: 'read',
  listSkills: 'read',
  listRecurring: 'read',
  getCycle: 'read',
  listAutomations: 'read',
  listAutomationFiles: 'read',
  listInbox: 'read',
  countWaiting: 'read',
  listDrafts: 'read',
  getPause: 'read',
  listTasks: 'read',
  getTask: 'read',
  listEvents: 'read',
  getEvidence: 'read',
  listQueued: 'read',
  readOutput: 'read',
  listComments: 'read',
  listLearnings: 'read',
  listProjects: 'read',
  getSettings: 'read',
  listLimits: 'read',
  stream: 'read',
  checkUp: 'read',
  sendMessage: 'propose',
  stopReply: 'propose',
  keepAttachment: 'propose',
  proposeTask: 'propose',
  runSkill: 'propose',
  initProject: 'propose',
  keepDraft: 'propose',
  tryGuardrails: 'propose',
  tryAutomation: 'propose',
  whyAutomation: 'propose',
  pin: 'decide',
  editPin: 'decide',
  unpin: 'decide',
  confirmProposal: 'decide',
  declineProposal: 'decide',
  catchUp: 'decide',
  decide: 'decide',
  noteSeen: 'decide',
  noteNotNeeded: 'decide',
  snooze: 'decide',
  pauseAll: 'decide',
  resumeAll: 'decide',
  setPriority: 'decide',
  setBlockers: 'decide',
  cancelTask: 'decide',
  steerTask: 'decide',
  noteTaskLooked: 'decide',
  pauseTask: 'decide',
  setBudget: 'decide',
  changeModel: 'decide',
  addComment: 'decide',
  editComment: 'decide',
  dropComment: 'decide',
  resolveComment: 'decide',
  takeComment: 'decide',
  noteLooked: 'decide',
  addLearning: 'decide',
  decideLearning: 'decide',
  mineReviews: 'decide',
  seeRecurring: 'decide',
  pauseRecurring: 'decide',
  pauseAutomation: 'decide',
  askCycle: 'decide',
  editSummary: 'admin',
  forget: 'admin',
  saveSkill: 'admin',
  removeSkill: 'admin',
  saveRecurring: 'admin',
  removeRecurring: 'admin',
  saveAutomation: 'admin',
  approveAutomation: 'admin',
  removeAutomation: 'admin',
  addProject: 'admin',
  changeProject: 'admin',
  removeProject: 'admin',
  changeSettings: 'admin',
  listDevices: 'admin',
  signOut: 'admin',
  linkDevice: 'admin',
  getPushKey: 'admin',
  listToldDevices: 'admin',
  tellDevice: 'admin',
  forgetDevice: 'admin',
  listTokens: 'admin',
  createToken: 'admin',
  revokeToken: 'admin',
  restoreToken: 'admin',
};

const PLACES: readonly { readonly method: Route['method']; readonly path: RegExp; readonly needs: Scope }[] =
  (Object.entries(ROUTES) as [RouteName, Route][]).map(([name, { method, path }]) => {
    const needs = NEEDS[name];
    return {
      method,
      path: new RegExp(`^${path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`),
      needs: needs === 'open' ? 'read' : needs,
    };
  });
/** Places besides the routes that only show something; what acts through /mcp asks the routes again. */
const SHOWS = /^\/(?:mcp|docs|openapi\.json)$/;

/**
 * What a request needs, by where it goes.
 * @param path without its query
 * @returns the strictest of what fits; `admin` for whatever is not known
 */
export function scopeNeeded(method: string, path: string): Scope {
  if (SHOWS.test(path)) return 'read';
  const asked = method === 'HEAD' ? 'GET' : method;
  const fitting = PLACES.filter((place) => place.method === asked && place.path.test(path));
  return strictest(fitting.map(({ needs }) => needs)) ?? 'admin';
}
