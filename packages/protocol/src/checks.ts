/*
 * What judges and words things: schemas, parsing, problems, sentences. Built on its own beside plain.ts; see
 * there.
 */
export * from './fields.ts'
export * from './handshake.ts'
export * from './locales/en.ts'
export * from './locales/fr.ts'
export * from './parse.ts'
export * from './payloads.ts'
export * from './problems.ts'
export * from './requests.ts'
export * from './sentences.ts'
