import assert from 'node:assert/strict'
import type { Content, StreamKey } from '../port.ts'
import { CONTENT, HOSTILE_NAMES, idsOf, offsetsOf, only, ROOMY, type Rule, range, times } from './trial.ts'

export const appendRules: readonly Rule[] = [
  {
    id: 'ST1',
    title: 'offsets of a stream start at 1 and grow by 1',
    run: async ({ append, entry, readAll, stream }) => {
      const devops = stream('devops')
      const written = []
      for (const one of times(5, () => entry(devops))) written.push(only(await append([one])))
      assert.deepEqual(
        written.map((it) => it.offset),
        range(5),
      )
      const page = await readAll(devops)
      assert.equal(page.head, 5)
      assert.deepEqual(offsetsOf(page.items), range(5))
    },
  },
  {
    id: 'ST2',
    title: 'appends that run at once get offsets without a gap, and each its own',
    run: async ({ append, entry, readAll, stream }) => {
      const devops = stream('devops')
      const calls = times(50, (at) => times(1 + (at % 4), () => entry(devops)))
      const written = (await Promise.all(calls.map((entries) => append(entries)))).flat()
      const inOrder = [...written].sort((a, b) => a.offset - b.offset)
      const page = await readAll(devops)
      assert.deepEqual(
        inOrder.map(({ offset, id }) => ({ offset, id })),
        page.items.map(({ offset, id }) => ({ offset, id })),
      )
      assert.deepEqual(offsetsOf(page.items), range(calls.flat().length))
    },
  },
  {
    id: 'ST3',
    title: 'a batch over several streams is written in its order',
    run: async ({ append, entry, readAll, stream }) => {
      const streams = [stream('a'), stream('b'), stream('c')] as const
      const entries = times(30, (at) => entry(streams[at % 3] ?? streams[0]))
      const written = await append(entries)
      assert.deepEqual(
        written.map((it) => it.id),
        entries.map((it) => it.id),
      )
      for (const [at, one] of streams.entries()) {
        const expected = entries.filter((_, index) => index % 3 === at).map((it) => it.id)
        assert.deepEqual(idsOf((await readAll(one)).items), expected)
      }
    },
  },
  {
    id: 'ST4',
    title: 'an append of nothing changes nothing',
    run: async ({ store }) => {
      assert.deepEqual(await store.append([]), [])
    },
  },
  {
    id: 'ST5',
    title: 'streams of another scope, kind or name never meet, whatever they are called',
    run: async ({ append, entry, readAll, scope }) => {
      const streams: StreamKey[] = [
        ...HOSTILE_NAMES.map((name): StreamKey => ({ scope, kind: 'channel', name })),
        ...HOSTILE_NAMES.map((name): StreamKey => ({ scope, kind: 'user', name })),
        ...HOSTILE_NAMES.map((name): StreamKey => ({ scope: `${scope}${name}`, kind: 'channel', name: 'a' })),
        { scope, kind: 'broadcast', name: '' },
        { scope: `${scope}a`, kind: 'broadcast', name: '' },
      ]
      const entries = streams.map((stream) => entry(stream))
      assert.deepEqual(
        (await append(entries)).map((it) => it.offset),
        streams.map(() => 1),
      )
      for (const { stream, id } of entries) assert.deepEqual(idsOf((await readAll(stream)).items), [id])
    },
  },
  {
    id: 'ST6',
    title: 'a batch of five hundred is one append',
    run: async ({ append, entry, readAll, stream }) => {
      const devops = stream('devops')
      const entries = times(500, () => entry(devops))
      assert.deepEqual(
        (await append(entries)).map((it) => it.offset),
        range(500),
      )
      assert.deepEqual(
        idsOf((await readAll(devops)).items),
        entries.map((it) => it.id),
      )
    },
  },
  {
    id: 'ST7',
    title: 'the content comes back as it went in',
    run: async ({ append, entry, readAll, stream }) => {
      const devops = stream('devops')
      await append(CONTENTS.map((content) => entry(devops, { content })))
      const { items } = await readAll(devops)
      // Through JSON, because a store may give back objects of another prototype.
      for (const [at, content] of CONTENTS.entries()) {
        assert.deepEqual(JSON.parse(JSON.stringify(items[at]?.content)), content)
      }
    },
  },
  {
    id: 'ST8',
    title: 'the receipt tells the id, the time and the expiry of the item',
    run: async ({ append, entry, readAll, stream }) => {
      const devops = stream('devops')
      const [lasting, passing] = [entry(devops), entry(devops, { ttlMs: 3_600_000 })]
      const written = await append([lasting, passing])
      const { items, epoch } = await readAll(devops)
      for (const [at, { id, offset, timestamp, expiresAt }] of items.entries()) {
        const receipt = { outcome: 'written', epoch, id, offset, timestamp, expiresAt, duplicate: false }
        assert.deepEqual({ ...written[at] }, receipt)
        assert.ok(
          Number.isSafeInteger(timestamp) && timestamp > 0,
          `a time in milliseconds, got ${timestamp}`,
        )
      }
      assert.deepEqual(
        written.map((it) => it.expiresAt),
        [null, (written[1]?.timestamp ?? 0) + 3_600_000],
      )
      assert.deepEqual(idsOf(items), [lasting.id, passing.id])
    },
  },
  {
    id: 'ST9',
    title: 'what becomes of an object after it was appended does not change the log',
    run: async ({ append, entry, readAll, stream }) => {
      const devops = stream('devops')
      const data = { step: 1, list: ['a'] }
      await append([entry(devops, { content: { ...CONTENT, data } })])
      data.step = 2
      data.list.push('b')
      const { content } = only((await readAll(devops)).items)
      assert.deepEqual(JSON.parse(JSON.stringify(content.data)), { step: 1, list: ['a'] })
    },
  },
  {
    id: 'ST10',
    title: 'who reads on while others append passes no item by',
    run: async ({ append, entry, store, stream }) => {
      const devops = stream('devops')
      const appends = Promise.all(times(100, () => append([entry(devops)])))
      const seen: number[] = []
      let after = 0
      const follow = async (): Promise<void> => {
        const page = await store.read(devops, { after, ...ROOMY })
        seen.push(...offsetsOf(page.items))
        after = page.coveredTo
      }
      for (let round = 0; round < 20; round++) await follow()
      await appends
      await follow()
      assert.deepEqual(seen, range(100))
    },
  },
  {
    id: 'ST45',
    title: 'a store that says it keeps the order of calls keeps it, and answers them in that order',
    run: async ({ append, entry, readAll, store, stream }) => {
      if (!store.inOrder) return
      const streams = [stream('a'), stream('b')] as const
      const calls = times(40, (at) => times(1 + (at % 3), () => entry(streams[at % 2] ?? streams[0])))
      const answered: number[] = []
      await Promise.all(calls.map((entries, at) => append(entries).then(() => answered.push(at))))
      assert.deepEqual(
        answered,
        calls.map((_, at) => at),
      )
      for (const [at, one] of streams.entries()) {
        const expected = calls.filter((_, call) => call % 2 === at).flat()
        assert.deepEqual(
          idsOf((await readAll(one)).items),
          expected.map(({ id }) => id),
        )
      }
    },
  },
]

/** An entry for the server has no text. */
const EMPTY = { type: 'info', title: '', message: '', data: null, sender: '' } as const satisfies Content

const CONTENTS: readonly Content[] = [
  CONTENT,
  {
    type: 'error',
    title: 'é e\u0301 ñ 🔔 👩‍👩‍👧 漢字 العربية',
    message: 'line\nline\ttab "quoted" \\ \u2028 \u0001 \u007f',
    data: {},
    sender: "O'Brien; DROP TABLE items --",
  },
  {
    type: 'warning',
    title: ' spaces ',
    message: 'x'.repeat(10_000),
    data: {
      text: '',
      zero: 0,
      negative: -1.5,
      large: Number.MAX_SAFE_INTEGER,
      small: 5e-324,
      yes: true,
      no: false,
      nothing: null,
      list: [1, 'two', null, [], {}, [[['deep']]]],
      object: { constructor: 'x', '': 'empty', 'a.b': 1, $ref: '#/a' },
    },
    sender: '🔔',
  },
  {
    type: 'info',
    title: 'Order',
    message: 'made',
    data: { ref: 'A-1' },
    sender: 'shop',
    kind: 'order.created',
  },
  { ...EMPTY, control: { action: 'revoke', channel: 'dev ops 🔔' } },
  { ...EMPTY, control: { action: 'disconnect' } },
]
