import { describe, expect, it } from 'vitest'
import {
  ClientEvent,
  en,
  fr,
  isKind,
  LIMITS,
  type Parsed,
  parseRequest,
  type Request,
  sentencesOf,
} from '../src/index.ts'

const VALID = { title: 'Mon titre', message: 'Mon message' }
const ABSENT = {
  channel: null,
  to: null,
  type: 'info',
  kind: null,
  data: null,
  idempotencyKey: null,
  ttl: null,
  expiresAt: null,
} as const

type Draft = Request<'send-notification'>['notification']

function send(...args: unknown[]): Parsed<Draft> {
  const parsed = parseRequest(ClientEvent.SendNotification, args)
  return parsed.ok ? { ok: true, value: parsed.value.notification } : parsed
}

function french(parsed: Parsed<unknown>): string[] {
  return parsed.ok ? ['accepted'] : sentencesOf(fr, parsed.problems)
}

function english(parsed: Parsed<unknown>): string[] {
  return parsed.ok ? ['accepted'] : sentencesOf(en, parsed.problems)
}

function codes(parsed: Parsed<unknown>): string[] {
  return parsed.ok ? ['accepted'] : parsed.problems.map((problem) => problem.code)
}

describe('send-notification', () => {
  it('[PR1] fills in what is absent', () => {
    expect(send(VALID)).toEqual({ ok: true, value: { ...ABSENT, ...VALID } })
  })

  it('[PR2] takes everything that the page and the additions know', () => {
    const full = {
      channel: 'devops',
      to: null,
      type: 'warning',
      title: 'Alerte CPU',
      message: 'CPU à 90 % sur prod-01',
      kind: 'cpu.high',
      data: { host: 'prod-01', metric: 'cpu', value: 90, list: [1, [null, true]], deep: { a: {} } },
      idempotencyKey: 'k1',
      ttl: 60,
      expiresAt: null,
    }
    expect(send(full)).toEqual({ ok: true, value: full })
    const timed = { ...full, ttl: null, expiresAt: '2026-01-31T12:00:00+01:00' }
    expect(send(timed)).toEqual({ ok: true, value: timed })
    expect(send({ ...VALID, to: { user: 'user_42' } })).toMatchObject({ value: { to: { user: 'user_42' } } })
  })

  it('[PR3] takes null for absent', () => {
    const nulls = {
      ...VALID,
      channel: null,
      to: null,
      type: null,
      kind: null,
      data: null,
      idempotencyKey: null,
      ttl: null,
      expiresAt: null,
    }
    expect(send(nulls)).toEqual({ ok: true, value: { ...ABSENT, ...VALID } })
    expect(send(VALID, null, undefined)).toMatchObject({ ok: true })
  })

  it('[PR4] drops unknown fields', () => {
    const given = {
      ...VALID,
      id: 'n_1',
      sender: 'root',
      timestamp: 0,
      offset: 9,
      to: { user: 'a', admin: true },
    }
    expect(send(given)).toEqual({ ok: true, value: { ...ABSENT, ...VALID, to: { user: 'a' } } })
  })

  it.each([['order.created'], ['__proto__'], ['Très long'], ['k'.repeat(64)], ['']])(
    '[PR4] the kind %j is one whenever it may name one',
    (kind) => {
      expect(send({ ...VALID, kind }).ok).toBe(isKind(kind))
      expect(isKind(kind)).toBe(kind !== '')
    },
  )

  it.each(['info', 'success', 'warning', 'error'])('[PR5] knows the type %s', (type) => {
    expect(send({ ...VALID, type })).toMatchObject({ ok: true, value: { type } })
  })

  it.each<[string, unknown[], string[], string[]]>([
    [
      'no payload',
      [],
      ["Le champ 'title' est obligatoire", "Le champ 'message' est obligatoire"],
      ["The field 'title' is required", "The field 'message' is required"],
    ],
    [
      'null',
      [null],
      ["Le champ 'title' est obligatoire", "Le champ 'message' est obligatoire"],
      ["The field 'title' is required", "The field 'message' is required"],
    ],
    [
      'a string',
      ['Mon titre'],
      ["Le champ 'notification' doit être un objet (reçu : une chaîne de caractères)"],
      ["The field 'notification' must be an object (got a string)"],
    ],
    [
      'a list',
      [[VALID]],
      ["Le champ 'notification' doit être un objet (reçu : un tableau)"],
      ["The field 'notification' must be an object (got an array)"],
    ],
    [
      'binary data',
      [new Uint8Array(3)],
      ["Le champ 'notification' doit être un objet (reçu : des données binaires)"],
      ["The field 'notification' must be an object (got binary data)"],
    ],
    [
      'a title that is blank',
      [{ ...VALID, title: ' \t\n' }],
      ["Le champ 'title' est obligatoire"],
      ["The field 'title' is required"],
    ],
    [
      'a title of null',
      [{ ...VALID, title: null }],
      ["Le champ 'title' est obligatoire"],
      ["The field 'title' is required"],
    ],
    [
      'a title that is a number',
      [{ ...VALID, title: 42 }],
      ["Le champ 'title' doit être une chaîne de caractères (reçu : un nombre)"],
      ["The field 'title' must be a string (got a number)"],
    ],
    [
      'a title that is too long',
      [{ ...VALID, title: 'x'.repeat(201) }],
      ["Le champ 'title' ne doit pas dépasser 200 caractères"],
      ["The field 'title' may have at most 200 characters"],
    ],
    [
      'a message that is a list',
      [{ ...VALID, message: ['a'] }],
      ["Le champ 'message' doit être une chaîne de caractères (reçu : un tableau)"],
      ["The field 'message' must be a string (got an array)"],
    ],
    [
      'an unknown type',
      [{ ...VALID, type: 'critical' }],
      ["Le champ 'type' doit être l'une des valeurs : info, success, warning, error"],
      ["The field 'type' must be one of: info, success, warning, error"],
    ],
    [
      'a type in capitals',
      [{ ...VALID, type: 'INFO' }],
      ["Le champ 'type' doit être l'une des valeurs : info, success, warning, error"],
      ["The field 'type' must be one of: info, success, warning, error"],
    ],
    [
      'a type that is a boolean',
      [{ ...VALID, type: true }],
      ["Le champ 'type' doit être une chaîne de caractères (reçu : un booléen)"],
      ["The field 'type' must be a string (got a boolean)"],
    ],
    [
      'an empty channel, which is not a broadcast',
      [{ ...VALID, channel: '' }],
      ["Le champ 'channel' est obligatoire"],
      ["The field 'channel' is required"],
    ],
    [
      'a channel that is an object',
      [{ ...VALID, channel: {} }],
      ["Le champ 'channel' doit être une chaîne de caractères (reçu : un objet)"],
      ["The field 'channel' must be a string (got an object)"],
    ],
    [
      'an empty kind, which is not an absent one',
      [{ ...VALID, kind: ' ' }],
      ["Le champ 'kind' est obligatoire"],
      ["The field 'kind' is required"],
    ],
    [
      'a kind that is a number',
      [{ ...VALID, kind: 7 }],
      ["Le champ 'kind' doit être une chaîne de caractères (reçu : un nombre)"],
      ["The field 'kind' must be a string (got a number)"],
    ],
    [
      'a kind that is too long',
      [{ ...VALID, kind: 'k'.repeat(LIMITS.kindLength + 1) }],
      ["Le champ 'kind' ne doit pas dépasser 64 caractères"],
      ["The field 'kind' may have at most 64 characters"],
    ],
    [
      'a kind with a direction mark',
      [{ ...VALID, kind: 'order\u202e' }],
      ["Le champ 'kind' contient des caractères non autorisés"],
      ["The field 'kind' contains characters that are not allowed"],
    ],
    [
      'data that are a list',
      [{ ...VALID, data: [] }],
      ["Le champ 'data' doit être un objet (reçu : un tableau)"],
      ["The field 'data' must be an object (got an array)"],
    ],
    [
      'data that are a string',
      [{ ...VALID, data: '{}' }],
      ["Le champ 'data' doit être un objet (reçu : une chaîne de caractères)"],
      ["The field 'data' must be an object (got a string)"],
    ],
    [
      'data that are binary',
      [{ ...VALID, data: new ArrayBuffer(1) }],
      ["Le champ 'data' doit être un objet (reçu : des données binaires)"],
      ["The field 'data' must be an object (got binary data)"],
    ],
    [
      'data with something that JSON does not know',
      [{ ...VALID, data: { at: new Date(0) } }],
      ["Le champ 'data' ne doit contenir que des valeurs JSON"],
      ["The field 'data' may hold JSON values only"],
    ],
    [
      'a channel and a user',
      [{ ...VALID, channel: 'devops', to: { user: 'user_42' } }],
      ["Les champs 'channel' et 'to' s'excluent"],
      ["The fields 'channel' and 'to' exclude each other"],
    ],
    [
      'two ends',
      [{ ...VALID, ttl: 60, expiresAt: '2026-01-31T12:00:00Z' }],
      ["Les champs 'ttl' et 'expiresAt' s'excluent"],
      ["The fields 'ttl' and 'expiresAt' exclude each other"],
    ],
    [
      'an end that is no time',
      [{ ...VALID, expiresAt: '31.01.2026' }],
      [
        "Le champ 'expiresAt' doit être une heure comme 2026-01-31T12:00:00Z (reçu : une chaîne de caractères)",
      ],
      ["The field 'expiresAt' must be a time such as 2026-01-31T12:00:00Z (got a string)"],
    ],
    [
      'nobody in particular',
      [{ ...VALID, to: {} }],
      ["Le champ 'to.user' est obligatoire"],
      ["The field 'to.user' is required"],
    ],
    [
      'a user alone',
      [{ ...VALID, to: 'user_42' }],
      ["Le champ 'to' doit être un objet (reçu : une chaîne de caractères)"],
      ["The field 'to' must be an object (got a string)"],
    ],
    [
      'a ttl of nothing',
      [{ ...VALID, ttl: 0 }],
      ["Le champ 'ttl' doit être compris entre 1 et 2592000"],
      ["The field 'ttl' must be between 1 and 2592000"],
    ],
    [
      'a ttl beyond what is kept',
      [{ ...VALID, ttl: LIMITS.ttlSeconds + 1 }],
      ["Le champ 'ttl' doit être compris entre 1 et 2592000"],
      ["The field 'ttl' must be between 1 and 2592000"],
    ],
    [
      'half a ttl',
      [{ ...VALID, ttl: 1.5 }],
      ["Le champ 'ttl' doit être un nombre entier (reçu : un nombre)"],
      ["The field 'ttl' must be an integer (got a number)"],
    ],
    [
      'a blank key',
      [{ ...VALID, idempotencyKey: ' ' }],
      ["Le champ 'idempotencyKey' est obligatoire"],
      ["The field 'idempotencyKey' is required"],
    ],
    [
      'arguments beyond the payload',
      [VALID, 1, null, [], 'x'],
      [
        "L'événement 'send-notification' n'attend pas d'argument en position 2 (reçu : un nombre)",
        "L'événement 'send-notification' n'attend pas d'argument en position 4 (reçu : un tableau)",
        "L'événement 'send-notification' n'attend pas d'argument en position 5 (reçu : une chaîne de caractères)",
      ],
      [
        "The event 'send-notification' takes no argument at position 2 (got a number)",
        "The event 'send-notification' takes no argument at position 4 (got an array)",
        "The event 'send-notification' takes no argument at position 5 (got a string)",
      ],
    ],
  ])('[PR6] refuses %s, in whole sentences', (_, args, inFrench, inEnglish) => {
    expect(french(send(...args))).toEqual(inFrench)
    expect(english(send(...args))).toEqual(inEnglish)
  })

  it('[PR7] tells all that is wrong at once, one problem a field', () => {
    const worst = {
      title: ' ',
      message: 3,
      type: 'x',
      channel: 'a\u0000',
      data: [],
      to: { user: 5 },
      ttl: 'x',
    }
    expect(french(send({ ...worst, idempotencyKey: 'k'.repeat(129) }, 'x'))).toEqual([
      "Le champ 'channel' contient des caractères non autorisés",
      "Le champ 'to.user' doit être une chaîne de caractères (reçu : un nombre)",
      "Le champ 'type' doit être l'une des valeurs : info, success, warning, error",
      "Le champ 'title' est obligatoire",
      "Le champ 'message' doit être une chaîne de caractères (reçu : un nombre)",
      "Le champ 'data' doit être un objet (reçu : un tableau)",
      "Le champ 'idempotencyKey' ne doit pas dépasser 128 caractères",
      "Le champ 'ttl' doit être un nombre (reçu : une chaîne de caractères)",
      "Les champs 'channel' et 'to' s'excluent",
      "L'événement 'send-notification' n'attend pas d'argument en position 2 (reçu : une chaîne de caractères)",
    ])
  })

  it.each([
    ['a lone surrogate', 'a\ud83d'],
    ['NUL', 'a\u0000b'],
  ])('[PR8] free text with %s is refused wherever it stands', (_, text) => {
    for (const field of ['title', 'message', 'idempotencyKey']) {
      expect(codes(send({ ...VALID, [field]: text }))).toEqual(['ill-formed'])
    }
    for (const data of [{ text }, { [text]: 1 }, { list: [{ text }] }, { a: { b: { [text]: 1 } } }]) {
      expect(french(send({ ...VALID, data }))).toEqual([
        "Le champ 'data' contient des caractères non autorisés",
      ])
    }
  })

  it('[PR9] free text may hold any other characters', () => {
    const text = 'e\u0301 🔔 \u202e línea\nligne\t漢字 \u2028'
    expect(send({ title: text, message: text, data: { [text]: text } })).toMatchObject({ ok: true })
  })

  it('[PR10] lengths may be reached and not passed', () => {
    const { titleLength, messageLength, channelNameBytes, idempotencyKeyLength, ttlSeconds } = LIMITS
    const at = (over: number): Record<string, unknown> => ({
      title: 't'.repeat(titleLength + over),
      message: 'm'.repeat(messageLength + over),
      channel: 'é'.repeat(channelNameBytes / 2) + 'x'.repeat(over),
      idempotencyKey: 'k'.repeat(idempotencyKeyLength + over),
      ttl: ttlSeconds + over,
    })
    expect(codes(send(at(0)))).toEqual(['accepted'])
    const tooLong = 'field-too-long'
    expect(codes(send(at(1)))).toEqual([tooLong, tooLong, tooLong, tooLong, 'field-range'])
    expect(french(send({ ...VALID, channel: 'é'.repeat(101) }))).toEqual([
      "Le champ 'channel' ne doit pas dépasser 200 octets",
    ])
  })

  it.each([
    ['x', 1],
    ['é', 2],
    ['漢', 3],
    ['🔔', 4],
  ])('[PR10] of a channel the bytes count: of %s each is %i', (character, bytes) => {
    const most = Math.floor(LIMITS.channelNameBytes / bytes)
    for (const length of [1, most - 1, most])
      expect(codes(send({ ...VALID, channel: character.repeat(length) }))).toEqual(['accepted'])
    for (const length of [most + 1, most + 2])
      expect(codes(send({ ...VALID, channel: character.repeat(length) }))).toEqual(['field-too-long'])
  })
})

describe('data', () => {
  const dataOf = (data: unknown): Parsed<Draft> => send({ ...VALID, data })
  const nested = (depth: number, open: string, middle: string, close: string): unknown =>
    JSON.parse(open.repeat(depth) + middle + close.repeat(depth))

  it('[PR11] may be as deep as the limit and no deeper', () => {
    expect(codes(dataOf(nested(LIMITS.dataDepth, '{"a":', '1', '}')))).toEqual(['accepted'])
    expect(french(dataOf(nested(LIMITS.dataDepth + 1, '{"a":', '1', '}')))).toEqual([
      `Le champ 'data' est trop imbriqué (${LIMITS.dataDepth} niveaux au plus)`,
    ])
    expect(codes(dataOf({ list: nested(LIMITS.dataDepth, '[', '', ']') }))).toEqual(['too-deep'])
  })

  it('[PR12] may have as many values as the limit and no more', () => {
    const list = (length: number): unknown => ({ list: Array.from({ length }, () => 1) })
    expect(codes(dataOf(list(LIMITS.dataKeys - 1)))).toEqual(['accepted'])
    expect(english(dataOf(list(LIMITS.dataKeys)))).toEqual([
      `The field 'data' holds too many values (at most ${LIMITS.dataKeys})`,
    ])
  })

  it('[PR13] may be as large as the limit and not much larger', () => {
    expect(codes(dataOf({ text: 'x'.repeat(LIMITS.dataBytes - 100) }))).toEqual(['accepted'])
    expect(codes(dataOf({ text: 'x'.repeat(LIMITS.dataBytes) }))).toEqual(['too-large'])
    expect(codes(dataOf({ text: '€'.repeat(LIMITS.dataBytes / 3) }))).toEqual(['too-large'])
    expect(codes(dataOf({ ['k'.repeat(LIMITS.dataBytes)]: 1 }))).toEqual(['too-large'])
  })

  it('[PR14] with a key that leads to a prototype are refused, at any depth', () => {
    for (const text of [
      '{"__proto__": {"admin": true}}',
      '{"a": [{"__proto__": null}]}',
      '{"constructor": {"prototype": {"admin": true}}}',
      '{"a": [{"b": 1, "constructor": {"prototype": null}}]}',
    ]) {
      expect(codes(dataOf(JSON.parse(text)))).toEqual(['not-json'])
    }
    for (const harmless of [
      { constructor: 1, prototype: 2, toString: 3, hasOwnProperty: 4 },
      { constructor: { name: 'Ferrari' }, driver: 'Leclerc' },
    ]) {
      expect(codes(dataOf(harmless))).toEqual(['accepted'])
    }
  })

  it.each([
    ['undefined', undefined],
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['a bigint', 1n],
    ['a symbol', Symbol('s')],
    ['a function', () => 0],
    ['a date', new Date(0)],
    ['a map', new Map()],
    ['a typed array', new Uint8Array(1)],
    [
      'an instance',
      new (class {
        readonly a = 1
      })(),
    ],
  ])('[PR15] that hold %s are refused', (_, value) => {
    expect(codes(dataOf({ value }))).toEqual(['not-json'])
    expect(codes(dataOf({ list: [[value]] }))).toEqual(['not-json'])
  })

  it('[PR16] that contain themselves are refused', () => {
    const self: Record<string, unknown> = {}
    self.self = self
    expect(codes(dataOf(self))).toEqual(['too-deep'])
  })
})

describe('join-channel and leave-channel', () => {
  const join = (...args: unknown[]): Parsed<unknown> => parseRequest(ClientEvent.JoinChannel, args)
  const leave = (...args: unknown[]): Parsed<unknown> => parseRequest(ClientEvent.LeaveChannel, args)

  it('[PR17] take a name', () => {
    expect(join('devops')).toEqual({ ok: true, value: { channel: 'devops', options: null } })
    expect(join('devops', null)).toEqual({ ok: true, value: { channel: 'devops', options: null } })
    expect(leave('devops')).toEqual({ ok: true, value: { channel: 'devops' } })
  })

  it.each(['a', '0', ' devops ', 'c:a/b', '__proto__', '🔔', 'été', 'x'.repeat(200)])(
    '[PR18] take the name %j',
    (name) => {
      expect(join(name)).toMatchObject({ ok: true, value: { channel: name } })
      expect(leave(name)).toMatchObject({ ok: true, value: { channel: name } })
    },
  )

  it.each([
    [undefined, "Le champ 'channel' est obligatoire"],
    [null, "Le champ 'channel' est obligatoire"],
    ['', "Le champ 'channel' est obligatoire"],
    ['  ', "Le champ 'channel' est obligatoire"],
    [7, "Le champ 'channel' doit être une chaîne de caractères (reçu : un nombre)"],
    [['devops'], "Le champ 'channel' doit être une chaîne de caractères (reçu : un tableau)"],
    [{ channel: 'devops' }, "Le champ 'channel' doit être une chaîne de caractères (reçu : un objet)"],
    ['x'.repeat(201), "Le champ 'channel' ne doit pas dépasser 200 octets"],
    ['dev\u0000ops', "Le champ 'channel' contient des caractères non autorisés"],
    ['dev\nops', "Le champ 'channel' contient des caractères non autorisés"],
    ['dev\u202eops', "Le champ 'channel' contient des caractères non autorisés"],
    ['e\u0301te\u0301', "Le champ 'channel' contient des caractères non autorisés"],
    ['dev\ud83d', "Le champ 'channel' contient des caractères non autorisés"],
  ])('[PR19] refuse %j', (name, sentence) => {
    expect(french(join(name))).toEqual([sentence])
    expect(french(leave(name))).toEqual([sentence])
  })

  it('[PR20] a join takes a position and drops what it does not know', () => {
    const since = { epoch: 'e', offset: 7, id: 'n_1' }
    expect(join('devops', { since, rewind: 5, other: 1 })).toEqual({
      ok: true,
      value: { channel: 'devops', options: { since, rewind: 5 } },
    })
    expect(join('devops', {})).toMatchObject({ ok: true, value: { options: { since: null } } })
    expect(join('devops', { since: null })).toMatchObject({ ok: true, value: { options: { since: null } } })
  })

  it.each<[unknown, string]>([
    ['x', "Le champ 'options' doit être un objet (reçu : une chaîne de caractères)"],
    [[], "Le champ 'options' doit être un objet (reçu : un tableau)"],
    [new Uint8Array(1), "Le champ 'options' doit être un objet (reçu : des données binaires)"],
    [() => 0, "Le champ 'options' doit être un objet (reçu : une fonction)"],
    [{ since: 7 }, "Le champ 'options.since' doit être un objet (reçu : un nombre)"],
    [{ since: { epoch: 'e' } }, "Le champ 'options.since.offset' est obligatoire"],
    [
      { since: { epoch: 5, offset: 1 } },
      "Le champ 'options.since.epoch' doit être une chaîne de caractères (reçu : un nombre)",
    ],
    [
      { since: { epoch: 'e', offset: -1 } },
      "Le champ 'options.since.offset' doit être compris entre 0 et 9007199254740991",
    ],
    [
      { since: { epoch: 'e', offset: 2 ** 53 } },
      "Le champ 'options.since.offset' doit être compris entre 0 et 9007199254740991",
    ],
    [
      { since: { epoch: 'e', offset: 1, id: 5 } },
      "Le champ 'options.since.id' doit être une chaîne de caractères (reçu : un nombre)",
    ],
  ])('[PR21] a join refuses the options %j', (options, sentence) => {
    expect(french(join('devops', options))).toEqual([sentence])
  })

  it('[PR22] arguments too many are refused with their place', () => {
    expect(french(join('devops', null, 'x'))).toEqual([
      "L'événement 'join-channel' n'attend pas d'argument en position 3 (reçu : une chaîne de caractères)",
    ])
    expect(french(leave('devops', {}))).toEqual([
      "L'événement 'leave-channel' n'attend pas d'argument en position 2 (reçu : un objet)",
    ])
  })
})

describe('get-stats and get-channels', () => {
  it.each([ClientEvent.GetStats, ClientEvent.GetChannels])('[PR23] %s takes nothing', (event) => {
    expect(parseRequest(event, [])).toEqual({ ok: true, value: {} })
    expect(parseRequest(event, [null, undefined])).toEqual({ ok: true, value: {} })
    expect(french(parseRequest(event, [{}]))).toEqual([
      `L'événement '${event}' n'attend pas d'argument en position 1 (reçu : un objet)`,
    ])
  })
})

describe('ack-notifications', () => {
  const ack = (positions: unknown): Parsed<unknown> => parseRequest(ClientEvent.AckNotifications, [positions])
  const at = { epoch: 'e', offset: 1 }

  it('[PR24] takes positions by stream', () => {
    const positions = { b: at, u: at, 'c:devops': { ...at, id: 'n_1' }, 'c:__proto__': at }
    expect(ack(positions)).toEqual({ ok: true, value: { positions } })
    expect(ack({})).toEqual({ ok: true, value: { positions: {} } })
  })

  it.each<[unknown, string]>([
    [undefined, "Le champ 'positions' est obligatoire"],
    [[], "Le champ 'positions' doit être un objet (reçu : un tableau)"],
    ['b', "Le champ 'positions' doit être un objet (reçu : une chaîne de caractères)"],
    [
      { devops: at },
      "Le champ 'positions.devops' doit être un nom de flux (reçu : une chaîne de caractères)",
    ],
    [{ 'c:': at }, "Le champ 'positions.c:' doit être un nom de flux (reçu : une chaîne de caractères)"],
    [{ b: 7 }, "Le champ 'positions.b' doit être un objet (reçu : un nombre)"],
    [{ b: null }, "Le champ 'positions.b' est obligatoire"],
    [
      { u: { epoch: 'e', offset: 'x' } },
      "Le champ 'positions.u.offset' doit être un nombre (reçu : une chaîne de caractères)",
    ],
  ])('[PR25] refuses %j', (positions, sentence) => {
    expect(french(ack(positions))).toEqual([sentence])
  })

  it('[PR26] takes as many positions as the limit and no more', () => {
    const positions = (count: number): unknown =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`c:${index}`, at]))
    expect(codes(ack(positions(LIMITS.positionsPerRequest)))).toEqual(['accepted'])
    expect(french(ack(positions(LIMITS.positionsPerRequest + 1)))).toEqual([
      `Le champ 'positions' ne doit pas dépasser ${LIMITS.positionsPerRequest} entrées`,
    ])
  })

  it('[PR27] a key called __proto__ is no position and no prototype', () => {
    const parsed = ack(JSON.parse('{"__proto__": {"epoch": "e", "offset": 1}}'))
    expect(parsed.ok && Object.getPrototypeOf(Object(parsed.value).positions)).toBe(Object.prototype)
  })
})

describe('requests that mean harm', () => {
  const lists = (depth: number): unknown => {
    let value: unknown = []
    for (let level = 0; level < depth; level++) value = [value]
    return value
  }
  const objects = (depth: number): unknown => {
    let value: unknown = {}
    for (let level = 0; level < depth; level++) value = { a: value }
    return value
  }

  it.each([
    ['5,000 objects', objects(5_000)],
    ['400,000 lists', lists(400_000)],
  ])('[PR28] %s in one another are refused wherever they stand', (_, deep) => {
    expect(codes(send({ ...VALID, data: deep }))[0]).toMatch(/too-deep|field-type/)
    expect(codes(send({ ...VALID, data: { deep } }))).toEqual(['too-deep'])
    expect(codes(send({ title: deep, message: deep, type: deep, channel: deep }))).toHaveLength(4)
    expect(send({ ...VALID, unknown: deep })).toMatchObject({ ok: true })
    for (const event of Object.values(ClientEvent))
      expect(parseRequest(event, [deep, deep, deep]).ok).toBe(false)
  })

  it('[PR29] many faults make a bounded number of problems', () => {
    const many = Object.fromEntries(Array.from({ length: 150_000 }, (_, at) => [`a${at}`, 0]))
    expect(codes(parseRequest(ClientEvent.AckNotifications, [many]))).toEqual(['field-too-long'])
    const extra = Array.from({ length: 150_000 }, () => 1)
    expect(codes(parseRequest(ClientEvent.GetStats, extra)).length).toBeLessThan(50)
    const wrong = Object.fromEntries(
      Array.from({ length: 128 }, (_, at) => [`a${at}`, { epoch: 1, offset: 'x' }]),
    )
    expect(codes(parseRequest(ClientEvent.AckNotifications, [wrong])).length).toBeLessThan(50)
  })

  it('[PR30] a long text is not said again in the answer', () => {
    const long = 'x'.repeat(500_000)
    const answers = [
      send({
        title: long,
        message: long,
        channel: long,
        type: long,
        idempotencyKey: long,
        to: { user: long },
      }),
      parseRequest(ClientEvent.AckNotifications, [{ [long]: { [long]: long } }]),
      parseRequest(ClientEvent.JoinChannel, [long, long, long]),
    ]
    for (const answer of answers) {
      expect(answer.ok).toBe(false)
      expect(JSON.stringify([answer, french(answer)]).length).toBeLessThan(5_000)
    }
  })

  it('[PR31] a payload whose fields stand in its prototype is empty', () => {
    expect(codes(send(Object.create(VALID)))).toEqual(['field-type'])
    expect(codes(send(JSON.parse('{"__proto__": {"title": "t", "message": "m"}}')))).toEqual([
      'field-required',
      'field-required',
    ])
    expect(send(Object.assign(Object.create(null), VALID))).toMatchObject({ ok: true })
  })
})
