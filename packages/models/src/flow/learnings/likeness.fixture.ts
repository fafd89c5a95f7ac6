// Rules in pairs, by hand: what the bars of likeness.ts were set by, and what tests hold them to.

/** In other words, the same. */
export const SAME: readonly (readonly [string, string])[] = [
  ['Round half to even.', 'Money is rounded half to even, like the bank does.'],
  ['Always name the unit in the name of a number.', 'Put units into variable names, like timeoutMs.'],
  ['Names of columns are in snake_case.', 'Use snake_case for column names in migrations.'],
  ['Write a test before the fix.', 'A bug fix starts with a failing test.'],
  ['Do not edit the lock file by hand.', 'Never touch pnpm-lock.yaml manually.'],
  ['Errors are shown to the user as one sentence.', 'Show the user a single sentence when something fails.'],
  ['No secrets in logs.', 'Never log tokens or passwords.'],
  ['Use the logger instead of console.log.', 'Please no console.log, we have a logger.'],
  ['Close the database connection in a finally block.', 'Database connections must be closed in finally.'],
  ['Every public function has a doc comment.', 'Document exported functions with a comment.'],
  ['Prefer early returns over nested ifs.', 'Avoid deep nesting, return early instead.'],
  ['Validate input at the edge of the API.', 'API handlers should validate what comes in.'],
  ['Run the formatter before you push.', 'Format the code with prettier before a push.'],
  ['Do not catch errors without a reason.', 'No empty catch blocks.'],
  ['Tests do not sleep for a fixed time.', 'Wait for a condition in tests instead of sleeping.'],
];

/** Alike in their words, and not the same. */
export const OTHER: readonly (readonly [string, string])[] = [
  ['Round half to even.', 'Always name the unit in the name of a number.'],
  ['Names of columns are in snake_case.', 'Names of files are in kebab-case.'],
  ['Write a test before the fix.', 'Write a changelog line for each visible change.'],
  ['Do not edit the lock file by hand.', 'Do not edit generated files by hand.'],
  ['No secrets in logs.', 'Log in JSON with a request id.'],
  ['Use the logger instead of console.log.', 'The log level is info in production.'],
  ['Close the database connection in a finally block.', 'Database migrations are reversible.'],
  ['Every public function has a doc comment.', 'Every public function has a test.'],
  ['Prefer early returns over nested ifs.', 'Prefer composition over inheritance.'],
  ['Validate input at the edge of the API.', 'Version the API in its path.'],
  ['Run the formatter before you push.', 'Run the tests before you push.'],
  ['Do not catch errors without a reason.', 'Do not throw strings as errors.'],
  ['Tests do not sleep for a fixed time.', 'Tests do not use the network.'],
  ['Names of columns are in snake_case.', 'Names of columns are in camelCase.'],
  ['Always write a test first.', 'Never write a test first.'],
  ['Indent with tabs.', 'Indent with spaces.'],
  ['Timeouts are given in milliseconds.', 'Money is given in cents.'],
  ['Keep Node 22 in the matrix.', 'Keep Python 3.12 in the matrix.'],
  [
    'The upload is tested with a connection that ends in the middle.',
    'The download is resumed after a connection that ended.',
  ],
  ['Buttons are at least 44 pixels high.', 'Text is at least 16 pixels high.'],
];
