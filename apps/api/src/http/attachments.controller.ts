import { Controller, Inject, Param, Req, Res } from '@nestjs/common';
import type { AskedOf, Given } from '@mainloop/models/contracts/routes';
import { keepAttachment, readAttachment } from '@mainloop/models/db/conversation/attachments';
import type { Db } from '@mainloop/models/db/pool';
import { OWNER } from '@mainloop/models/flow/ids';
import { cleanTitle } from '@mainloop/models/flow/text';
import type { Request, Response } from 'express';
import { fileTypeFromBuffer } from 'file-type';
import { DB } from '../tokens.ts';
import { refuse } from './refuse.ts';
import { Asked, Route } from './route.ts';

/** What a browser may show by itself. SVG is a program, so it is not among them. */
const IMAGES = new Set(['image/png', 'image/jpeg', 'image/webp', 'image/gif']);

@Controller()
export class AttachmentsController {
  private readonly db: Db;
  constructor(@Inject(DB) db: Db) {
    this.db = db;
  }

  @Route('keepAttachment')
  async keep(
    @Req() req: Request,
    @Asked('keepAttachment') { name: named }: AskedOf<'keepAttachment'>,
  ): Promise<Given<'keepAttachment'>> {
    const data: unknown = req.body;
    if (!Buffer.isBuffer(data) || data.length === 0) throw refuse('file_empty');
    const name = fileName(named ?? '');
    const mime =
      (await fileTypeFromBuffer(data))?.mime ?? (isText(data) ? 'text/plain' : 'application/octet-stream');
    if (/\.(png|jpe?g|webp|gif)$/i.test(name) && !IMAGES.has(mime)) throw refuse('file_no_image', name);
    return keepAttachment(this.db, OWNER, { name, mime, data });
  }

  @Route('readAttachment')
  async read(@Param('id') id: string, @Res() res: Response): Promise<void> {
    const attachment = await readAttachment(this.db, OWNER, id);
    if (!attachment) throw refuse('no_file');
    const shown = IMAGES.has(attachment.mime);
    res.set({
      'content-type': shown ? attachment.mime : 'application/octet-stream',
      'content-disposition': `${shown ? 'inline' : 'attachment'}; filename*=UTF-8''${encodeURIComponent(attachment.name)}`,
      'content-security-policy': "sandbox; default-src 'none'",
      'x-content-type-options': 'nosniff',
      'cache-control': 'private, max-age=31536000, immutable',
    });
    res.end(attachment.data);
  }
}

/** A name that is safe as a file's: no folders, nothing hidden, no control characters. */
function fileName(named: string): string {
  const last = cleanTitle(named.split(/[\\/]/).at(-1) ?? '', 100)
    .replace(/^\.+/, '')
    .replace(/[^\p{L}\p{N} ._()-]/gu, '_')
    .trim();
  return last === '' ? 'file' : last;
}

const isText = (data: Buffer): boolean => {
  try {
    return !new TextDecoder('utf-8', { fatal: true }).decode(data).includes('\0');
  } catch {
    // Not UTF-8: that is the answer.
    return false;
  }
};
