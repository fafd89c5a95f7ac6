// What the bundle exports: one function for each kind of workflow.
export { projectWorkflow } from './project.workflow.ts';
export { taskWorkflow } from './task.workflow.ts';
