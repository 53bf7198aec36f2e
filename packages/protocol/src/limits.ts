/**
 * What a request may be at most. One frozen object: the checks, the schemas and the documents read it.
 * Lengths of text count UTF-16 units, sizes count UTF-8 bytes.
 */
export const LIMITS = Object.freeze({
  channelNameBytes: 200,
  titleLength: 200,
  messageLength: 10_000,
  dataBytes: 65_536,
  dataDepth: 32,
  dataKeys: 1_024,
  kindLength: 64,
  identityLength: 64,
  idempotencyKeyLength: 128,
  ttlSeconds: 30 * 24 * 3600,
  positionsPerRequest: 128,
  historyItems: 100,
})
