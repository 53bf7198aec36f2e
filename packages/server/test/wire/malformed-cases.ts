/** A request as it may come over the network, and the sentences of the page that answer it. */
export interface Malformed {
  readonly what: string
  readonly args: readonly unknown[]
  readonly errors: readonly string[]
}

const required = (field: string) => `Le champ '${field}' est obligatoire`
const wrongType = (field: string, expected: string, received: string) =>
  `Le champ '${field}' doit être ${expected} (reçu : ${received})`
const forbidden = (field: string) => `Le champ '${field}' contient des caractères non autorisés`
const extra = (event: string, position: number, received: string) =>
  `L'événement '${event}' n'attend pas d'argument en position ${position} (reçu : ${received})`

const STRING = 'une chaîne de caractères'
const TYPES = "Le champ 'type' doit être l'une des valeurs : info, success, warning, error"

/** What is wrong with a name, wherever a name of a channel is expected. */
function badNames(field: string): (Malformed & { readonly name?: unknown })[] {
  const cases: [string, unknown, string][] = [
    ['a blank name', ' \t\u00a0', required(field)],
    ['an empty name', '', required(field)],
    ['a number', 42, wrongType(field, STRING, 'un nombre')],
    ['a boolean', true, wrongType(field, STRING, 'un booléen')],
    ['a list', ['devops'], wrongType(field, STRING, 'un tableau')],
    ['an object', { channel: 'devops' }, wrongType(field, STRING, 'un objet')],
    ['201 bytes', 'x'.repeat(201), `Le champ '${field}' ne doit pas dépasser 200 octets`],
    ['101 letters of two bytes', 'é'.repeat(101), `Le champ '${field}' ne doit pas dépasser 200 octets`],
    ['NUL', 'dev\u0000ops', forbidden(field)],
    ['a line break', 'dev\nops', forbidden(field)],
    ['a direction mark', '\u202edevops', forbidden(field)],
    ['a space without width', 'dev\u200bops', forbidden(field)],
    ['a tower of accents', `q${'\u0301'.repeat(9)}`, forbidden(field)],
    ['half a character', 'dev\ud800', forbidden(field)],
    ['letters that are not in normal form', 'e\u0301quipe', forbidden(field)],
  ]
  return cases.map(([what, name, error]) => ({ what, name, args: [name], errors: [error] }))
}

const FINE = { title: 'Titre', message: 'Message' }
const send = (what: string, fields: object, ...errors: string[]): Malformed => ({
  what,
  args: [{ channel: 'devops', ...FINE, ...fields }],
  errors,
})

/** What cannot be a notification at all. */
const NOT_A_NOTIFICATION: readonly Malformed[] = [
  { what: 'no payload', args: [], errors: [required('title'), required('message')] },
  { what: 'null', args: [null], errors: [required('title'), required('message')] },
  { what: 'an empty object', args: [{}], errors: [required('title'), required('message')] },
  { what: 'a string', args: ['hello'], errors: [wrongType('notification', 'un objet', STRING)] },
  { what: 'a number', args: [7], errors: [wrongType('notification', 'un objet', 'un nombre')] },
  { what: 'a list', args: [[FINE]], errors: [wrongType('notification', 'un objet', 'un tableau')] },
  { what: 'an extra object', args: [FINE, {}], errors: [extra('send-notification', 2, 'un objet')] },
  {
    what: 'an ack that is not a function',
    args: [{ channel: 'devops', ...FINE }, 'ack'],
    errors: [extra('send-notification', 2, STRING)],
  },
]

const BAD_FIELDS: readonly Malformed[] = [
  ...badNames('channel').map(({ what, name, errors }) =>
    send(`channel: ${what}`, { channel: name }, ...errors),
  ),
  send('title: null', { title: null }, required('title')),
  send('title: blank', { title: ' \n ' }, required('title')),
  send('title: a number', { title: 1 }, wrongType('title', STRING, 'un nombre')),
  send('title: a list', { title: ['a'] }, wrongType('title', STRING, 'un tableau')),
  send('title: 201', { title: 'x'.repeat(201) }, "Le champ 'title' ne doit pas dépasser 200 caractères"),
  send('title: NUL', { title: 'a\u0000' }, forbidden('title')),
  send('message: blank', { message: '' }, required('message')),
  send('message: an object', { message: {} }, wrongType('message', STRING, 'un objet')),
  send(
    'message: 10001',
    { message: 'x'.repeat(10_001) },
    "Le champ 'message' ne doit pas dépasser 10000 caractères",
  ),
  send('type: unknown', { type: 'urgent' }, TYPES),
  send('type: other case', { type: 'INFO' }, TYPES),
  send('type: empty', { type: '' }, TYPES),
  send('type: of every object', { type: 'constructor' }, TYPES),
  send('type: a number', { type: 1 }, wrongType('type', STRING, 'un nombre')),
  send('data: a list', { data: [] }, wrongType('data', 'un objet', 'un tableau')),
  send('data: a string', { data: '{}' }, wrongType('data', 'un objet', STRING)),
  send('data: a number', { data: 0 }, wrongType('data', 'un objet', 'un nombre')),
  send('data: false', { data: false }, wrongType('data', 'un objet', 'un booléen')),
  send('data: NUL', { data: { a: 'x\u0000' } }, forbidden('data')),
  send('data: a key with half a character', { data: { '\udc00': 1 } }, forbidden('data')),
  send(
    'data: 65 kB',
    { data: { a: 'x'.repeat(66_000) } },
    "Le champ 'data' est trop volumineux (65536 octets au plus)",
  ),
  send(
    'data: 2000 values',
    { data: { a: Array(2000).fill(1) } },
    "Le champ 'data' contient trop de valeurs (1024 au plus)",
  ),
  send('to and channel', { to: { user: 'bob' } }, "Les champs 'channel' et 'to' s'excluent"),
  send('to: a string', { channel: null, to: 'bob' }, wrongType('to', 'un objet', STRING)),
  send('to: nobody', { channel: null, to: {} }, required('to.user')),
  send('to: a blank user', { channel: null, to: { user: ' ' } }, required('to.user')),
  send('ttl: a string', { ttl: '60' }, wrongType('ttl', 'un nombre', STRING)),
  send('ttl: 0', { ttl: 0 }, "Le champ 'ttl' doit être compris entre 1 et 2592000"),
  send('idempotencyKey: a number', { idempotencyKey: 5 }, wrongType('idempotencyKey', STRING, 'un nombre')),
  send(
    'all at once',
    { channel: '', title: '', message: 5, type: 'x', data: [] },
    required('channel'),
    TYPES,
    required('title'),
    wrongType('message', STRING, 'un nombre'),
    wrongType('data', 'un objet', 'un tableau'),
  ),
]

const POSITION = { epoch: 'e', offset: 1 }
const options = (what: string, given: unknown, error: string): Malformed => ({
  what: `options: ${what}`,
  args: ['devops', given],
  errors: [error],
})

const NOTHING: Malformed = { what: 'nothing', args: [], errors: [required('channel')] }

/** Every malformed request, by event. */
export const MALFORMED: Readonly<Record<string, readonly Malformed[]>> = {
  'send-notification': [...NOT_A_NOTIFICATION, ...BAD_FIELDS],
  'join-channel': [
    NOTHING,
    { ...NOTHING, what: 'null', args: [null] },
    ...badNames('channel'),
    options('a string', 'x', wrongType('options', 'un objet', STRING)),
    options('a list', [], wrongType('options', 'un objet', 'un tableau')),
    options('since: 5', { since: 5 }, wrongType('options.since', 'un objet', 'un nombre')),
    options('no epoch', { since: { offset: 1 } }, required('options.since.epoch')),
    options(
      'a negative offset',
      { since: { epoch: 'e', offset: -1 } },
      "Le champ 'options.since.offset' doit être compris entre 0 et 9007199254740991",
    ),
    options(
      'half an offset',
      { since: { epoch: 'e', offset: 0.5 } },
      wrongType('options.since.offset', 'un nombre entier', 'un nombre'),
    ),
    { what: 'a third', args: ['devops', null, 'ack'], errors: [extra('join-channel', 3, STRING)] },
  ],
  'leave-channel': [
    NOTHING,
    { ...NOTHING, what: 'null', args: [null] },
    ...badNames('channel'),
    {
      what: 'an ack that is not a function',
      args: ['devops', {}],
      errors: [extra('leave-channel', 2, 'un objet')],
    },
  ],
  'get-stats': [
    { what: 'an object', args: [{}], errors: [extra('get-stats', 1, 'un objet')] },
    { what: 'a list', args: [[]], errors: [extra('get-stats', 1, 'un tableau')] },
    {
      what: 'two arguments',
      args: ['ack', 1],
      errors: [extra('get-stats', 1, STRING), extra('get-stats', 2, 'un nombre')],
    },
  ],
  'get-channels': [{ what: 'a string', args: ['devops'], errors: [extra('get-channels', 1, STRING)] }],
  'ack-notifications': [
    { what: 'nothing', args: [], errors: [required('positions')] },
    { what: 'a list', args: [[POSITION]], errors: [wrongType('positions', 'un objet', 'un tableau')] },
    { what: 'a string', args: ['b'], errors: [wrongType('positions', 'un objet', STRING)] },
    {
      what: 'an unknown stream',
      args: [{ devops: POSITION }],
      errors: [wrongType('positions.devops', 'un nom de flux', STRING)],
    },
    { what: 'no position', args: [{ b: 5 }], errors: [wrongType('positions.b', 'un objet', 'un nombre')] },
    {
      what: '129 streams',
      args: [Object.fromEntries(Array.from({ length: 129 }, (_, n) => [`c:${n}`, POSITION]))],
      errors: ["Le champ 'positions' ne doit pas dépasser 128 entrées"],
    },
  ],
  'get-history': [
    { what: 'nothing', args: [], errors: [required('query')] },
    { what: 'a string', args: ['b'], errors: [wrongType('query', 'un objet', STRING)] },
    { what: 'no stream', args: [{}], errors: [required('query.stream')] },
    {
      what: 'no name of a stream',
      args: [{ stream: 'devops' }],
      errors: [wrongType('query.stream', 'un nom de flux', STRING)],
    },
    {
      what: 'both directions',
      args: [{ stream: 'b', after: 1, before: 5 }],
      errors: ["Les champs 'query.after' et 'query.before' s'excluent"],
    },
    {
      what: 'too long a page',
      args: [{ stream: 'b', limit: 101 }],
      errors: ["Le champ 'query.limit' doit être compris entre 0 et 100"],
    },
  ],
}
