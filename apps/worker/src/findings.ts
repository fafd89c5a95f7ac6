// What is open in a review, held against the rounds before it.
import { findLastFix } from '@mainloop/models/db/forge/effects';
import type { Db } from '@mainloop/models/db/pool';
import { openComments, type ReviewCommentRow } from '@mainloop/models/db/review/comments';
import { YOU } from '@mainloop/models/flow/actors';
import { commentAuthor } from '@mainloop/models/flow/review/authors';
import { findingOf, FINDING_WORDS, writtenBy, type FindingKind } from '@mainloop/models/flow/review/findings';
import { cleanTitle } from '@mainloop/models/flow/text';

/** What the person who decides is told of who found something. */
const CALLED = { user: YOU, secondLook: 'the second look' };

interface OpenFinding {
  readonly comment: ReviewCommentRow;
  readonly kind: FindingKind;
}

/**
 * Comments that nobody has answered, oldest first, each with what it is to those before it.
 * @returns each with what it is to those that were answered before
 */
export async function findOpen(db: Db, taskId: string): Promise<OpenFinding[]> {
  const all = await openComments(db, taskId);
  const answered = all.filter((c) => c.answer !== null);
  const written = writtenBy(await findLastFix(db, taskId));
  return (
    all
      // A note is for the person alone.
      .filter((c) => c.answer === null && c.weight !== 'note')
      .map((comment) => ({ comment, kind: findingOf(comment, answered, written) }))
  );
}

/** @returns what is open, a line of Markdown for each; '' when nothing is */
export async function openFindings(db: Db, taskId: string): Promise<string> {
  const open = await findOpen(db, taskId);
  const lines = open.slice(0, 20).map(({ comment, kind }) => {
    const where =
      comment.path === null
        ? ''
        : `, \`${cleanTitle(comment.path, 200).replaceAll('`', '')}${comment.line === null ? '' : `:${comment.line}`}\``;
    return `- **${FINDING_WORDS[kind.is]}** (${inline(commentAuthor(comment, CALLED))}${where}): ${inline(comment.body)}`;
  });
  return [...lines, ...(open.length > 20 ? [`- and ${open.length - 20} more`] : [])].join('\n');
}

/** Words from outside within a line of Markdown. */
const inline = (words: string): string => cleanTitle(words, 160).replace(/[\\`*_[\]<>()#|!~]/g, '\\$&');
