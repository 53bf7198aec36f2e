/*
 * What a browser needs of the protocol: names and small functions, nothing of the checks. This file is built on
 * its own, so that whoever imports only these leaves the schemas and their library behind.
 */
export { ClientEvent, PROTOCOL_VERSION, ServerEvent } from './events.ts'
export { findJsonFault, isPlainObject } from './json.ts'
export { LIMITS } from './limits.ts'
export { jsonProblems, nameProblems, notificationProblems } from './sizes.ts'
export { BROADCAST_STREAM, channelOf, channelStream, isStreamName, USER_STREAM } from './streams.ts'
