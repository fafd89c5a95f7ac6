// Devices: which are signed in, and which are told what needs the person.
import { z } from 'zod';
import { REFUSALS, type RefusalCode } from '../flow/refusals.ts';
import { Id, Time } from './fields.ts';

export const SignIn = z
  .object({
    needed: z.boolean().describe('Whether one has to sign in here at all'),
    signedIn: z.boolean(),
    code: z
      .enum(Object.keys(REFUSALS) as [RefusalCode, ...RefusalCode[]])
      .nullable()
      .describe('Why this request is not let in'),
    sentence: z.string().describe('The same for a person; empty for one that is let in'),
    ways: z.array(z.enum(['passkey', 'github', 'oidc'])),
    hasOwner: z.boolean().describe('Whether anybody has ever signed in'),
    person: z
      .string()
      .nullable()
      .describe('Who this request is from, and on which server: a name for what a browser keeps of theirs'),
  })
  .meta({ id: 'SignIn' });
export type SignIn = z.infer<typeof SignIn>;

export const Device = z
  .object({
    id: z.string(),
    label: z.string().describe('What kind of browser it is'),
    since: Time,
    seenAt: Time,
    isThis: z.boolean().describe('Whether it is the one that asks'),
  })
  .meta({ id: 'Device' });
export type Device = z.infer<typeof Device>;

export const DeviceLink = z
  .object({
    url: z.string().describe('Signs one device in, once'),
    svg: z.string().describe('The same as a QR code'),
    expiresAt: Time,
  })
  .meta({ id: 'DeviceLink' });
export type DeviceLink = z.infer<typeof DeviceLink>;

/** A browser's push subscription (https://www.w3.org/TR/push-api/#pushsubscription-interface). */
export const PushDevice = z
  .object({
    endpoint: z.url().max(2_000),
    keys: z.object({ p256dh: z.string().min(80).max(100), auth: z.string().min(20).max(30) }),
    label: z.string().trim().min(1).max(100),
  })
  .meta({ id: 'PushDevice' });
export type PushDevice = z.infer<typeof PushDevice>;
export const PushKey = z
  .object({ publicKey: z.string().describe('VAPID, base64url') })
  .meta({ id: 'PushKey' });
export type PushKey = z.infer<typeof PushKey>;
export const ToldDevice = z
  .object({
    id: Id,
    label: z.string(),
    endpoint: z.string().describe('Of its push service'),
    createdAt: Time,
    lastOkAt: Time.nullable().describe('When its push service last took something'),
  })
  .meta({ id: 'ToldDevice' });
export type ToldDevice = z.infer<typeof ToldDevice>;
export const KeptDevice = z.object({ id: Id }).meta({ id: 'KeptDevice' });
