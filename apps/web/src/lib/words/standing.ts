// What the cards say that are about no task. Read it aloud before you change it.

/** Of what is about no task: where to look, and the button that lets go of it. */
export const STANDING = {
  campfire: {
    page: '/learnings',
    look: 'All learnings',
    button: 'Not now, all of it',
    done: 'Not now. You are asked again in a week.',
  },
  recurring: { page: '/recurring', look: 'What comes by itself', button: 'Seen', done: 'Seen.' },
  automation: { page: '/automations', look: 'Your automations', button: 'Seen', done: 'Seen.' },
  workflow: { page: '/projects', look: 'Your projects', button: 'Seen', done: 'Seen.' },
  stuck: { page: '/task', look: 'The task', button: 'Seen', done: 'Seen.' },
} as const;
