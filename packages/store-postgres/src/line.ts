import type { PostgresClient, PostgresNotification } from './driver.ts'

/** A connection that hears a channel, and comes back when it breaks. */
export interface Line {
  isOpen(): boolean
  close(): void
}

export interface LineEvents {
  /** From now on everything is heard; what was told before was not. */
  onOpen(): void
  /** From now on nothing is heard, until the next `onOpen`. */
  onBroken(): void
  onPayload(payload: string): void
}

const FIRST_PAUSE_MS = 50
const MAX_PAUSE_MS = 5_000
/** A network that swallows packets closes nothing: who gets no answer until the next question is cut off. */
const PING_MS = 15_000

export function openLine(take: () => Promise<PostgresClient>, channel: string, events: LineEvents): Line {
  let isOver = false
  let isOpen = false
  let held: Held | null = null
  let timer: NodeJS.Timeout | undefined
  let pauseMs = FIRST_PAUSE_MS

  function onNotification({ channel: told, payload }: PostgresNotification): void {
    if (told === channel) events.onPayload(payload ?? '')
  }

  function later(): void {
    const wasOpen = isOpen
    isOpen = false
    held = null
    if (isOver) return
    if (wasOpen) events.onBroken()
    // Many nodes lose their lines together, and should not come back together.
    timer = setTimeout(() => void connect(), pauseMs * (0.5 + Math.random())).unref()
    pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)
  }

  async function connect(): Promise<void> {
    let client: PostgresClient
    try {
      client = await take()
    } catch {
      later()
      return
    }
    if (isOver) client.release()
    else await hear(hold(client, onNotification, later), client)
  }

  async function hear(line: Held, client: PostgresClient): Promise<void> {
    held = line
    try {
      await client.query({ text: `listen "${channel}"` })
    } catch {
      line.lose()
      return
    }
    if (held !== line) return
    isOpen = true
    pauseMs = FIRST_PAUSE_MS
    line.watch()
    events.onOpen()
  }

  void connect()
  return {
    isOpen: () => isOpen,
    close() {
      isOver = true
      clearTimeout(timer)
      held?.lose()
    },
  }
}

/** A connection that is not given back to be used again: it listens. */
interface Held {
  /** Gives it up as broken. */
  lose(): void
  /** Looks from time to time whether it still answers. */
  watch(): void
}

function hold(
  client: PostgresClient,
  onNotification: (notification: PostgresNotification) => void,
  onLost: () => void,
): Held {
  let isHeld = true
  let isWaiting = false
  let ping: NodeJS.Timeout | undefined

  function lose(): void {
    if (!isHeld) return
    isHeld = false
    clearInterval(ping)
    client.removeListener('notification', onNotification)
    client.removeListener('end', lose)
    client.release(true)
    // Only now: the pool listens for errors again since the release.
    client.removeListener('error', lose)
    onLost()
  }

  function ask(): void {
    if (isWaiting) {
      lose()
      return
    }
    isWaiting = true
    client.query({ text: 'select' }).then(() => {
      isWaiting = false
    }, lose)
  }

  client.on('error', lose)
  client.on('end', lose)
  client.on('notification', onNotification)
  return {
    lose,
    watch() {
      ping = setInterval(ask, PING_MS).unref()
    },
  }
}
