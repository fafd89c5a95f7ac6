// What the page of the projects says. Read it aloud before you change it.

export const PROJECTS = 'Projects';
/** What the field takes. @param local without a token of a forge */
export const sourceWords = (local: boolean): string =>
  local ? 'The path of a git folder on this machine' : 'A GitHub repository, owner/name';
/**
 * In the empty field of a project.
 * @param local whether projects are folders of this machine
 */
export const exampleOf = (local: boolean): string => (local ? '/home/you/code/thing' : 'owner/name');
/**
 * Of the button.
 * @param isLooking whether it was pressed and the repository is looked at
 */
export const addWords = (isLooking: boolean): string => (isLooking ? 'Looking …' : 'Add');
export const ONE_FOLDER = 'Only one folder, such as packages/a. Several projects can share a repository';
export const ALL_OF_IT = 'All of it';
export const NO_PROJECTS = 'No projects yet. Add one, then say in the chat what should be different in it.';

/**
 * Under the name of a project.
 * @param branch its default branch
 */
export const branchWords = (branch: string): string => `on ${branch}`;
/**
 * Before the command that brings it.
 * @param folder of this machine
 */
export const comesBackWords = (folder: string): string =>
  `Your commits in ${folder} are there for the next task. Merged work comes back with`;

export const MODEL = 'Model';
export const BUDGET_PER_TASK = 'Budget per task, in dollars';
export const MORE_SETTINGS = 'Notes, sandbox, checks and limits';

/** @param branch the default one */
export const workflowWords = (branch: string): string => `What WORKFLOW.md on ${branch} rules here`;
export const TEMPLATE_IS_TOLD = 'Its text is told to every agent.';
export const RULES_NOTHING = 'Nothing yet.';
/**
 * Of a file that does not count.
 * @param problem with line and column
 * @param counts whether an earlier one does
 */
export const countsBeforeWords = (problem: string, counts: boolean): string =>
  `The newest WORKFLOW.md can't be used. ${problem} ${counts ? 'The one before it counts.' : 'None counts until it is fixed.'}`;

export const REMOVE_PROJECT = 'Remove project';
export const REMOVE = 'Remove';
export const KEEP = 'Keep it';
/**
 * Once it is done.
 * @param project its name
 */
export const removedWords = (project: string): string => `${project} is removed.`;
/**
 * Before it is done.
 * @param project its name
 */
export const isMeantWords = (project: string): string => `Remove ${project}?`;
/** What removing does. @param running how many of its tasks are running */
export function removesWords(project: string, running: number): string {
  const tasks = running === 1 ? 'Its running task is' : `Its ${running} running tasks are`;
  const ends =
    running === 0
      ? 'None of its tasks is running.'
      : `${tasks} cancelled: the pull requests are closed, the branches and sandboxes are removed.`;
  return `${isMeantWords(project)} ${ends} The repository itself stays as it is. Add it again and its settings are back.`;
}

// What its agents run, reach and may do.
export const FOLDER = 'Folder within the repository';
export const INSIGHTS = 'What every agent here should know';
export const INSIGHTS_EXAMPLE = 'The client in api/ is generated: run make api after a change.';
export const CHARACTER = 'How an agent here works and speaks';
export const CHARACTER_EXAMPLE = 'Short sentences. Say what you are not sure of.';
export const SETUP_COMMAND = 'Set-up command, after each fresh clone';
export const FIND_SETUP = 'If empty, work out the set-up from lock files';
export const VERIFY_COMMAND = 'Verify command, must pass before review';
export const REACH = 'What the sandbox may reach';
export const REACHES = [
  ['registries', 'Package registries'],
  ['none', 'Nothing but the model and its repository'],
  ['hosts', 'Hosts I name'],
] as const;
export const HOSTS = 'Hosts, separated by spaces';
export const NAME_THE_HOSTS = 'Name the hosts below. Until then it stays as it was.';
export const LONGEST_RUN = 'Longest run, in minutes';
export const REVIEW_ROUNDS = 'Rounds of comments on GitHub before you are asked';
export const SECOND_LOOK = 'Another Claude reads each change before you do';
export const SECOND_LOOK_MODEL = 'Model of the second look; empty: that of the task';
export const AGENTS_AT_ONCE = 'Agents running at once';
export const ONE_AT_A_TIME = 'One task at a time: the next begins when the one before has ended';
export const ASK_FIRST = 'Ask me before Claude runs a command';
export const ALLOWED_RULES = 'Allowed without asking';
export const FORGET = 'Forget';
