import type { NotificationDraft, Problems } from '@carillon/protocol'
import { tagOf } from '../rules/streams.ts'
import type { Core } from './core.ts'
import { checkKind, hasSchema } from './kinds.ts'
import { append, HOST_KEYS, type SendResult, targetOf } from './send.ts'

/** What became of a notification of the host: refused by the schema of its kind, or what the store said. */
export type HostResult = SendResult | { readonly ok: false; readonly problems: Problems }

type Done = (result: HostResult) => void

/** Sends for the host: to one stream in the order of the calls, however long a schema takes. */
export function sendForHost(core: Core, draft: NotificationDraft, sender: string, done: Done): void {
  const lane = tagOf(targetOf(core, draft))
  const before = core.hostLanes.get(lane)
  if (before === undefined && !hasSchema(core, draft)) {
    append(core, { asked: draft, data: draft.data }, sender, HOST_KEYS, done)
    return
  }
  const failed = (cause: unknown): void => done({ ok: false, problem: { code: 'internal' }, cause })
  const turn = inTurn(core, draft, sender, done, before)
    .catch(failed)
    .then(() => {
      if (core.hostLanes.get(lane) === turn) core.hostLanes.delete(lane)
    })
  core.hostLanes.set(lane, turn)
}

async function inTurn(
  core: Core,
  draft: NotificationDraft,
  sender: string,
  done: Done,
  before: Promise<void> | undefined,
): Promise<void> {
  // Asked at once: only the order of what is stored matters.
  const [verdict] = await Promise.all([checkKind(core, null, draft), before])
  if (core.isClosing) done({ ok: false, problems: [{ code: 'closing', retryAfterMs: 0 }] })
  else if (verdict.ok) append(core, { asked: draft, data: verdict.data }, sender, HOST_KEYS, done)
  else done(verdict)
}

/** Resolves when nothing of the host waits for a schema any more. */
export async function hostSendsSubmitted(core: Core): Promise<void> {
  while (core.hostLanes.size > 0) await Promise.all(core.hostLanes.values())
}
