// What the bundle exports: one function for each kind of workflow.
export { memoryWorkflow } from './memory.workflow.ts';
export { recurringWorkflow } from './recurring.workflow.ts';
export { cycleWorkflow } from './cycle.workflow.ts';
export { projectWorkflow } from './project.workflow.ts';
export { taskWorkflow } from './task.workflow.ts';
export { automationWorkflow } from './automation.workflow.ts';
