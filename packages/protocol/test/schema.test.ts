import { type ConversionConfig, type JsonSchema, toJsonSchema } from '@valibot/to-json-schema'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { handshake } from '../src/handshake.ts'
import {
  ClientEvent,
  historyPage,
  LIMITS,
  NOTIFICATION_TYPES,
  requestArguments,
  ServerEvent,
  serverPayloads,
} from '../src/index.ts'

/*
 * schema.json is made from the schemas that check at run time, for clients in other languages and for documents.
 * `vitest -u` writes it anew.
 */

const CONVERSION: ConversionConfig = {
  target: 'draft-2020-12',
  typeMode: 'input',
  // What no JSON Schema can say: blank text, normal forms, control characters, the depth of data.
  ignoreActions: ['check', 'raw_check', 'transform'],
  overrideSchema: ({ valibotSchema }) => (valibotSchema.type === 'custom' ? { type: 'object' } : undefined),
  // Bytes are at least as many as characters, so this refuses nothing that the server takes.
  overrideAction: ({ valibotAction: action, jsonSchema }) =>
    action.type === 'max_bytes' && 'requirement' in action
      ? { ...jsonSchema, maxLength: Number(action.requirement) }
      : undefined,
}

function convert(schema: v.GenericSchema): JsonSchema {
  const { $schema: _, ...converted } = toJsonSchema(schema, CONVERSION)
  return converted
}

/** The arguments in their order, without the acknowledgement. */
function convertArguments(schemas: Readonly<Record<string, v.GenericSchema>>): JsonSchema {
  const all = Object.entries(schemas)
  const required = all.filter(([, schema]) => schema.type !== 'nullish')
  return {
    type: 'array',
    prefixItems: all.map(([title, schema]) => ({ title, ...convert(schema) })),
    minItems: required.length,
    maxItems: all.length,
  }
}

function convertAll(): { readonly $defs: Readonly<Record<string, JsonSchema>> } & Record<string, unknown> {
  const requests = Object.values(ClientEvent).map((event) => [
    event,
    convertArguments(requestArguments[event]),
  ])
  const events = Object.values(ServerEvent).map((event) => [event, convert(serverPayloads[event])])
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Carillon',
    description:
      'What travels between a client and a server: the auth of the handshake, the arguments of each request ' +
      'without its acknowledgement, the payload of each server event. Checks that JSON Schema cannot express ' +
      'are described in PROTOCOL.md.',
    $defs: {
      handshake: { ...convert(v.partial(handshake)) },
      ...Object.fromEntries([...requests, ...events]),
      history: { ...convert(historyPage) },
    },
  }
}

describe('schema.json', () => {
  it('[SM1] is what the schemas in the code say', async () => {
    await expect(`${JSON.stringify(convertAll(), null, 2)}\n`).toMatchFileSnapshot('../schema.json')
  })

  it('[SM2] has every event once', () => {
    const names = [...Object.values(ClientEvent), ...Object.values(ServerEvent)]
    expect(Object.keys(convertAll().$defs)).toEqual(['handshake', ...names, 'history'])
    expect(Object.keys(requestArguments)).toEqual(Object.values(ClientEvent))
    expect(Object.keys(serverPayloads)).toEqual(Object.values(ServerEvent))
  })

  it('[SM3] says of a notification what the page says', () => {
    const { prefixItems } = convertAll().$defs[ClientEvent.SendNotification] ?? {}
    expect(prefixItems).toMatchObject([
      {
        title: 'notification',
        required: ['title', 'message'],
        properties: {
          title: { type: 'string', maxLength: LIMITS.titleLength },
          message: { type: 'string', maxLength: LIMITS.messageLength },
          type: { anyOf: [{ enum: [...NOTIFICATION_TYPES] }, { type: 'null' }], default: 'info' },
          data: { anyOf: [{ type: 'object' }, { type: 'null' }] },
        },
      },
    ])
  })
})
