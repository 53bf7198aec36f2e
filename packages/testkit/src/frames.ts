/** A frame of Engine.IO protocol 4, and what Socket.IO protocol 5 packed into it. */
export interface Frame {
  readonly text: string
  readonly kind: 'open' | 'close' | 'ping' | 'pong' | 'message' | 'other'
  readonly packet: Packet | null
}

/** A packet of Socket.IO protocol 5 without attachments. */
export interface Packet {
  readonly type: number
  readonly namespace: string
  /** Number of the acknowledgement that is asked for or given. */
  readonly ackId: number | null
  readonly data: unknown
}

export const PacketType = { Connect: 0, Disconnect: 1, Event: 2, Ack: 3, ConnectError: 4 } as const

const KINDS: Readonly<Record<string, Frame['kind']>> = {
  0: 'open',
  1: 'close',
  2: 'ping',
  3: 'pong',
  4: 'message',
}

export function parseFrame(text: string): Frame {
  const kind = KINDS[text.slice(0, 1)] ?? 'other'
  return { text, kind, packet: kind === 'message' ? parsePacket(text.slice(1)) : null }
}

export function packetText(type: number, namespace: string, ackId: number | null, data: unknown): string {
  const where = namespace === '/' ? '' : `${namespace},`
  return `4${type}${where}${ackId ?? ''}${data === undefined ? '' : JSON.stringify(data)}`
}

/** The object in the open frame: session id and heartbeat times. */
export function openData(frame: Frame): unknown {
  return JSON.parse(frame.text.slice(1))
}

function parsePacket(text: string): Packet | null {
  const parts = /^(\d)(?:(\/[^,]*),)?(\d+)?(.*)$/s.exec(text)
  if (parts === null) return null
  const [, type, namespace = '/', ackId, json = ''] = parts
  return {
    type: Number(type),
    namespace,
    ackId: ackId === undefined ? null : Number(ackId),
    data: json === '' ? undefined : parseJson(json),
  }
}

// Frames with attachments ("51-[...]") are recorded as text; nothing in the kit reads their content.
function parseJson(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
